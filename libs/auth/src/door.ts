/** The way in for whoever has a key: the same check, in the same order, wherever a route is guarded. */
import { admit, permit } from './admission.js';
import type { FailureLimiter } from './failure-limiter.js';
import type { KeyRing } from './key-ring.js';
import type { Scope } from './scope.js';

/** What of a request decides whether it comes in. */
export interface Caller {
  readonly method: string;
  readonly headers: { readonly authorization?: string | undefined };
  /** Address of the client. */
  readonly ip: string;
}

/** @throws RefusedAdmission 401 or 429 without a key of the ring, 403 for a key that may not do this */
export type Door = (caller: Caller) => void;

/** Opens for the keys of a ring, each for what it may do. */
export function doorOf(ring: KeyRing, limiter: FailureLimiter): Door {
  return (caller) => permit(admit(ring, limiter, caller), scopeFor(caller.method));
}

/** Whatever does more than look moves money: a method that nobody thought of wants the stronger key. */
function scopeFor(method: string): Scope {
  return method === 'GET' || method === 'HEAD' ? 'read' : 'pay';
}
