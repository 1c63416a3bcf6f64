/**
 * Checks whether a gateway responds at an endpoint, seen from this machine. The request needs no key, and the gateway does not record it as
 * a read by a client.
 */
import type { EndpointFacts } from './doctor.types.js';

const TIMEOUT_MS = 5_000;
const NO_HOST_CODES = ['ENOTFOUND', 'EAI_AGAIN'];

export async function checkEndpoint(endpoint: string): Promise<EndpointFacts> {
  try {
    const response = await fetch(`${endpoint}/accounts`, {
      method: 'OPTIONS',
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    // The gateway returns the allowed methods of a list. A server that answers OPTIONS for every path does not return exactly the methods
    // of a list.
    if (response.status === 204 && (response.headers.get('allow') ?? '').includes('GET'))
      return { kind: 'reachable' };
    return { kind: 'no-gateway', reason: `something answers with status ${response.status}, but no gateway` };
  } catch (error) {
    const code = findCode(error);
    if (NO_HOST_CODES.includes(code)) return { kind: 'no-gateway', reason: 'there is no such host' };
    return { kind: 'no-connection', reason: code === '' ? `no answer within ${TIMEOUT_MS / 1000} s` : code };
  }
}

/** Returns the code of the error inside the error of `fetch`, e.g. ECONNREFUSED; an empty string after a timeout. */
function findCode(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code: unknown =
    typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : '';
}
