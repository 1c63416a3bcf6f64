/**
 * Checks from this machine whether a gateway responds at an endpoint. The request needs no key, and the gateway does not count it as a read
 * by a client.
 */
import type { GatewayReachability } from './doctor.types.js';

const TIMEOUT_MS = 5_000;
const NO_HOST_CODES = ['ENOTFOUND', 'EAI_AGAIN'];

export async function checkEndpoint(endpoint: string): Promise<GatewayReachability> {
  try {
    const response = await fetch(`${endpoint}/accounts`, {
      method: 'OPTIONS',
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    // A gateway responds with the allowed methods of a list. Another server that accepts OPTIONS for every path does not return exactly
    // these methods.
    if (response.status === 204 && (response.headers.get('allow') ?? '').includes('GET'))
      return { kind: 'reachable' };
    return { kind: 'no-gateway', reason: `something answers with status ${response.status}, but no gateway` };
  } catch (error) {
    const code = findCode(error);
    if (NO_HOST_CODES.includes(code)) return { kind: 'no-gateway', reason: 'there is no such host' };
    return { kind: 'no-connection', reason: code === '' ? `no answer within ${TIMEOUT_MS / 1000} s` : code };
  }
}

/** Returns the code of the error inside an error of `fetch`, e.g. ECONNREFUSED. After a timeout, the result is an empty string. */
function findCode(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code: unknown =
    typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : '';
}
