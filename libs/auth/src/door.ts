/** Authorizes requests. Every protected route runs the same checks in the same order: first the key, then its scope. */
import { admit, permit, type Caller } from './admission.js';
import type { FailureLimiter } from './failure-limiter.js';
import type { KeyRing } from './key-ring.js';
import type { Scope } from './scope.js';

/** Authorizes one request. @throws AuthError 401 or 429 without a valid key; 403 when the key lacks the required scope */
export type Door = (caller: Caller) => void;

/** Creates an authorizer that accepts the keys of a set, each for its own scopes. */
export function doorOf(ring: KeyRing, limiter: FailureLimiter): Door {
  return (caller) => permit(admit(ring, limiter, caller), scopeFor(caller.method));
}

/** Returns the scope that an HTTP method requires. Every method other than GET and HEAD may move money, so it requires `pay`. */
function scopeFor(method: string): Scope {
  return method === 'GET' || method === 'HEAD' ? 'read' : 'pay';
}
