/** Authenticates requests by their API key, and builds the HTTP errors 401, 403 and 429. */
import { HttpException, HttpStatus } from '@nestjs/common';
import type { FailureLimiter } from './authentication-failure-limiter.js';
import type { ApiKeySet } from './api-key-set.js';
import type { Scope } from './scope.js';

/** The parts of an HTTP request by which the gateway decides whether the request is authorized. */
export interface RequestCredentials {
  readonly method: string;
  readonly headers: { readonly authorization?: string | undefined };
  /** The IP address of the client. */
  readonly ip: string;
}

/** The HTTP error for a denied request. It contains response headers, and a body in the form of the contract's `Error`. */
export class AuthError extends HttpException {
  constructor(
    status: HttpStatus.UNAUTHORIZED | HttpStatus.FORBIDDEN | HttpStatus.TOO_MANY_REQUESTS,
    body: { Title: string; Detail: string },
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(body, status);
  }
}

/**
 * The body of 401 responses. It is the same for a missing key, a wrong key, another connector's key and an unknown connector. It therefore
 * does not reveal which connectors exist.
 */
const UNAUTHORIZED_BODY = {
  Title: 'Unauthorized',
  Detail:
    'There is no connector at this path, or the request carries no API key that opens it. ' +
    'Send the key as "Authorization: Bearer <key>".',
};

const RATE_LIMITED_BODY = {
  Title: 'Too many failed attempts',
  Detail:
    'Too many requests without a valid API key came from this address. Valid keys are still let in; ' +
    'check the key, and try again after the seconds in Retry-After.',
};

/**
 * The bodies of 403 responses, by the scope that is missing. Only a client with a valid key of this connector receives them, so they reveal
 * nothing to other clients.
 */
const FORBIDDEN_BODIES: Readonly<Record<Scope, { Title: string; Detail: string }>> = {
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
 * Authenticates a request by the API key in its `Authorization` header. Keys in the query or the body are ignored.
 * @returns the scopes of the key
 * @throws AuthError 401 without a valid key; 429 if the client's address had too many failed attempts
 */
export function authenticate(
  keys: ApiKeySet,
  limiter: FailureLimiter,
  request: Pick<RequestCredentials, 'headers' | 'ip'>,
): readonly Scope[] {
  const scopes = keys.findScopes(request.headers.authorization);
  if (scopes !== undefined) return scopes;
  const retryAfterSeconds = limiter.recordFailure(request.ip);
  if (retryAfterSeconds === 0) {
    throw new AuthError(HttpStatus.UNAUTHORIZED, UNAUTHORIZED_BODY, { 'www-authenticate': 'Bearer' });
  }
  throw new AuthError(HttpStatus.TOO_MANY_REQUESTS, RATE_LIMITED_BODY, {
    'retry-after': String(retryAfterSeconds),
  });
}

/**
 * Checks that a key has a scope.
 * @throws AuthError 403 if `scopes` does not contain `needed`
 */
export function requireScope(scopes: readonly Scope[], needed: Scope): void {
  if (!scopes.includes(needed)) throw new AuthError(HttpStatus.FORBIDDEN, FORBIDDEN_BODIES[needed]);
}
