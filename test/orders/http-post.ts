/**
 * The HTTP transport for orders, in which it matters how a request ended. `clients/client-connection.ts` is the transport for lists.
 */
import { Agent, request, type IncomingMessage } from 'node:http';
import type { RequestResult } from './interpret-order-response.js';

/**
 * Time in milliseconds from the first byte sent to the last byte read. Source: the constant `DefaultConnectorClientTimeout` in
 * formancehq/payments.
 */
const TIMEOUT_MS = 10_000;

export interface OrderConnection {
  post(path: string, body: string): Promise<RequestResult>;
  close(): void;
}

/**
 * Creates the transport for one connector.
 * @param baseUrl URL without a slash at its end, like the `endpoint` of an installation
 */
export function createOrderConnection(baseUrl: string, key: string): OrderConnection {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const headers = {
    authorization: `Bearer ${key}`,
    accept: 'application/json',
    'content-type': 'application/json',
  };
  return {
    post: (path, body) => send(baseUrl + path, body, { agent, headers, method: 'POST' }),
    close: () => agent.destroy(),
  };
}

function send(url: string, body: string, options: object): Promise<RequestResult> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const sent = request(url, { ...options, signal }, (response) => {
      readBody(response).then(resolve, () => resolve(signal.aborted ? 'timeout' : 'broken'));
    });
    sent.on('error', () => resolve(signal.aborted ? 'timeout' : 'lost'));
    sent.end(body);
  });
}

async function readBody(response: IncomingMessage): Promise<RequestResult> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() };
}
