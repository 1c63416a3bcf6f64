/** Authorizes requests. Every protected route runs the same checks in the same order: first the key, then its scope. */
import { authenticate, requireScope, type RequestCredentials } from './authentication.js';
import type { FailureLimiter } from './failure-limiter.js';
import type { ApiKeySet } from './api-key-set.js';
import type { Scope } from './scope.js';

/** Authorizes one request. @throws AuthError 401 or 429 without a valid key; 403 when the key lacks the required scope */
export type Authorizer = (request: RequestCredentials) => void;

/** Creates an authorizer that accepts the keys of a set, each for its own scopes. */
export function createAuthorizer(keys: ApiKeySet, limiter: FailureLimiter): Authorizer {
  return (request) => requireScope(authenticate(keys, limiter, request), requiredScope(request.method));
}

/** Returns the scope that an HTTP method requires. GET and HEAD require `read`. Every other method may move money, so it requires `pay`. */
function requiredScope(method: string): Scope {
  return method === 'GET' || method === 'HEAD' ? 'read' : 'pay';
}
