/** Begins, reads and ends the session of the user. */
import { queryOptions } from '@tanstack/react-query';
import { ApiError, fetchJson, isUnauthorized, sendJson, setCsrfToken } from './operator-client';
import type { OperatorSession } from './operator-api.types';

export const SESSION_QUERY_KEY = ['session'];
export const LOG_IN_MUTATION_KEY = ['log-in'];

export interface SessionInfo {
  /** The name of the operator key. */
  name: string;
  /** The tenant to which the key belongs; absent for a key of the whole deployment. */
  tenant?: string;
  canOperate: boolean;
}

/**
 * Reads the session of the browser.
 * @throws ApiError with the status 401 if the browser has no valid session
 */
export async function readSession(): Promise<SessionInfo> {
  return acceptSession(await fetchJson<OperatorSession>('session'));
}

/** The query that reads the session. It is read once, before the first rendering, and again after an error 401. */
export const SESSION_QUERY = queryOptions({
  queryKey: SESSION_QUERY_KEY,
  queryFn: readSession,
  retry: false,
  retryOnMount: false,
  staleTime: Infinity,
});

/**
 * Logs in with an operator key.
 * @throws ApiError with the status 401 if the key is wrong, or 429 after too many attempts
 */
export async function beginSession(key: string): Promise<SessionInfo> {
  await sendJson('POST', 'session', { key });
  try {
    return await readSession();
  } catch (error) {
    if (!isUnauthorized(error)) throw error;
    // The key was right, but the browser did not accept the cookie. A browser accepts it only over HTTPS, except on the machine of the
    // gateway.
    throw new ApiError(
      0,
      'Your browser did not keep the session',
      'Open the console with https://, and allow cookies.',
    );
  }
}

export async function endSession(): Promise<void> {
  await sendJson('DELETE', 'session');
  setCsrfToken(undefined);
}

function acceptSession({ operator, tenant, scopes, csrfToken }: OperatorSession): SessionInfo {
  setCsrfToken(csrfToken);
  return {
    name: operator,
    ...(tenant === undefined ? {} : { tenant }),
    canOperate: scopes.includes('operate'),
  };
}
