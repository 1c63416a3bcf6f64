/** The HTTP transport of a client: keep-alive connections, a Bearer key, a timeout of ten seconds, and no redirects. */
import { Agent, request } from 'node:http';
import type { ClientResponse } from './decode-response.js';
import type { HttpGet } from './generic-connector-client.js';

/** Source: `DefaultConnectorClientTimeout`. */
const TIMEOUT_MS = 10_000;

export interface ClientConnection {
  get: HttpGet;
  close(): void;
}

/** @param baseUrl without a slash at its end, like an installation's `endpoint` */
export function createConnection(baseUrl: string, key: string): ClientConnection {
  const agent = new Agent({ keepAlive: true });
  const headers = { authorization: `Bearer ${key}`, accept: 'application/json' };
  return {
    get: (path) => send(baseUrl + path, { agent, headers, timeout: TIMEOUT_MS }),
    close: () => agent.destroy(),
  };
}

function send(url: string, options: object): Promise<ClientResponse> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'] ?? '',
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS} ms: ${url}`)));
    sent.on('error', reject);
    sent.end();
  });
}
