/** Who comes in, and how everybody else is told. */
import { HttpException, HttpStatus } from '@nestjs/common';
import type { FailureLimiter } from './failure-limiter.js';
import type { KeyRing } from './key-ring.js';

/** The answer to whoever is not let in: a body as the contract's `Error`, and headers. */
export class RefusedAdmission extends HttpException {
  constructor(
    status: HttpStatus.UNAUTHORIZED | HttpStatus.TOO_MANY_REQUESTS,
    body: { Title: string; Detail: string },
    readonly headers: Readonly<Record<string, string>>,
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

/**
 * Lets a request in, or throws.
 * @param authorization the header's value: keys in the query or the body are never looked at
 * @param address of the client
 * @throws RefusedAdmission: 401, or 429 for an address that failed too often
 */
export function admit(
  ring: KeyRing,
  limiter: FailureLimiter,
  authorization: string | undefined,
  address: string,
): void {
  if (ring.isOpenedBy(authorization)) return;
  const wait = limiter.fail(address);
  if (wait === 0) {
    throw new RefusedAdmission(HttpStatus.UNAUTHORIZED, UNAUTHORIZED, { 'www-authenticate': 'Bearer' });
  }
  throw new RefusedAdmission(HttpStatus.TOO_MANY_REQUESTS, LIMITED, { 'retry-after': String(wait) });
}
