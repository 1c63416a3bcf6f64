import { get } from 'node:http';

/**
 * Sends a GET request.
 * @param timeoutMs timeout in milliseconds
 * @returns the status; `undefined` when no response arrives in time
 */
export function fetchHttpStatus(url: string, timeoutMs: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      response.on('error', () => undefined);
      resolve(response.statusCode);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
  });
}
