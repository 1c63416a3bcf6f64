/** Sends one request as Formance's clients do: with a timeout of ten seconds, and without following redirects. */
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { ClientResponse } from './decode-response.js';

/** The timeout of a request. Source: the constant `DefaultConnectorClientTimeout` in formancehq/payments. */
const TIMEOUT_MS = 10_000;

export interface ClientRequest {
  method?: 'GET' | 'POST';
  headers: Readonly<Record<string, string>>;
  body?: string;
}

/** Creates an agent that keeps the connections to the service open. `destroy` closes them. */
export function createAgent(url: string): HttpAgent | HttpsAgent {
  return isTls(url) ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
}

/**
 * Sends one request.
 * @param agent the result of `createAgent` for a URL of the same protocol
 * @throws Error if the service does not respond in time
 */
export function sendRequest(
  url: string,
  agent: HttpAgent | HttpsAgent,
  { method = 'GET', headers, body }: ClientRequest,
): Promise<ClientResponse> {
  const send = isTls(url) ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent = send(url, { method, headers, agent, timeout: TIMEOUT_MS }, (response) => {
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
    sent.end(body);
  });
}

function isTls(url: string): boolean {
  return url.startsWith('https:');
}
