/** Authorizes requests. For every protected route, the same checks are made in the same order: first the key, then its scope. */
import { authenticate, requireScope, type RequestCredentials } from './authentication.js';
import type { FailureLimiter } from './authentication-failure-limiter.js';
import type { ApiKeySet } from './api-key-set.js';
import type { Scope } from './scope.js';

/**
 * A function that authorizes one request.
 * @throws AuthError 401 or 429 without a valid key; 403 if the key lacks the required scope
 */
export type Authorizer = (request: RequestCredentials) => void;

/** Creates an authorizer that accepts the keys of a set. Each key is accepted only for its own scopes. */
export function createAuthorizer(keys: ApiKeySet, limiter: FailureLimiter): Authorizer {
  return (request) => requireScope(authenticate(keys, limiter, request), requiredScope(request.method));
}

/**
 * Returns the scope that an HTTP method requires. GET and HEAD require `read`. Every other method requires `pay`, because it may move
 * money.
 */
function requiredScope(method: string): Scope {
  return method === 'GET' || method === 'HEAD' ? 'read' : 'pay';
}
