import { get } from 'node:http';

/** The result if there is no HTTP status. `unreachable`: the connection was refused or broke. `timeout`: no response arrived in time. */
export type MissingStatus = 'unreachable' | 'timeout';

/**
 * Sends a GET request.
 * @param timeoutMs timeout in milliseconds
 * @returns the status, or the reason why there is none
 */
export function fetchHttpStatus(url: string, timeoutMs: number): Promise<number | MissingStatus> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      response.on('error', () => undefined);
      resolve(response.statusCode ?? 'unreachable');
    });
    request.on('timeout', () => {
      resolve('timeout');
      request.destroy();
    });
    request.on('error', () => resolve('unreachable'));
  });
}
