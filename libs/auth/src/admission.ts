/** Who comes in, and how everybody else is told. */
import { HttpException, HttpStatus } from '@nestjs/common';
import type { Caller } from './door.js';
import type { FailureLimiter } from './failure-limiter.js';
import type { KeyRing } from './key-ring.js';
import type { Scope } from './scope.js';

/** The answer to whoever is not let in: a body as the contract's `Error`, and headers. */
export class RefusedAdmission extends HttpException {
  constructor(
    status: HttpStatus.UNAUTHORIZED | HttpStatus.FORBIDDEN | HttpStatus.TOO_MANY_REQUESTS,
    body: { Title: string; Detail: string },
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(body, status);
  }
}

/** The same words for no key, a wrong key, another connector's key and a connector that does not exist. */
const UNAUTHORIZED = {
  Title: 'Unauthorized',
  Detail:
    'There is no connector at this path, or the request carries no API key that opens it. ' +
    'Send the key as "Authorization: Bearer <key>".',
};

const LIMITED = {
  Title: 'Too many failed attempts',
  Detail:
    'Too many requests without a valid API key came from this address. Valid keys are still let in; ' +
    'check the key, and try again after the seconds in Retry-After.',
};

/** Only for whoever has a key of this connector: it tells nothing to others. */
const FORBIDDEN: Readonly<Record<Scope, { Title: string; Detail: string }>> = {
  read: {
    Title: 'Key may not read',
    Detail: 'This API key opens the connector, but its scopes in the deployment file do not include "read".',
  },
  pay: {
    Title: 'Key may not pay',
    Detail:
      'This API key opens the connector, but its scopes in the deployment file do not include "pay". Nothing was stored or sent.',
  },
};

/**
 * Lets a request in, or throws.
 * @param caller whose key is in `Authorization`: in the query and the body none is ever looked for
 * @returns what the key may do
 * @throws RefusedAdmission: 401, or 429 for an address that failed too often
 */
export function admit(
  ring: KeyRing,
  limiter: FailureLimiter,
  caller: Pick<Caller, 'headers' | 'ip'>,
): readonly Scope[] {
  const scopes = ring.scopesOf(caller.headers.authorization);
  if (scopes !== undefined) return scopes;
  const wait = limiter.fail(caller.ip);
  if (wait === 0) {
    throw new RefusedAdmission(HttpStatus.UNAUTHORIZED, UNAUTHORIZED, { 'www-authenticate': 'Bearer' });
  }
  throw new RefusedAdmission(HttpStatus.TOO_MANY_REQUESTS, LIMITED, { 'retry-after': String(wait) });
}

/** @throws RefusedAdmission 403 when what is `needed` is not among the scopes of the key. */
export function permit(scopes: readonly Scope[], needed: Scope): void {
  if (!scopes.includes(needed)) throw new RefusedAdmission(HttpStatus.FORBIDDEN, FORBIDDEN[needed]);
}
