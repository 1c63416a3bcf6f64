/** The HTTP transport of a client: keep-alive connections and a Bearer key. */
import type { HttpGet } from './generic-connector-client.js';
import { createAgent, sendRequest } from './send-request.js';

export interface ClientConnection {
  get: HttpGet;
  close(): void;
}

/**
 * Creates a connection to a service.
 * @param baseUrl a URL without a slash at its end, like the `endpoint` of an installation
 */
export function createClientConnection(baseUrl: string, key: string): ClientConnection {
  const agent = createAgent(baseUrl);
  const headers = { authorization: `Bearer ${key}`, accept: 'application/json' };
  return {
    get: (path) => sendRequest(baseUrl + path, agent, { headers }),
    close: () => agent.destroy(),
  };
}
