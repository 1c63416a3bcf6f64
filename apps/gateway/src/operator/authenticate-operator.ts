/** Authenticates requests to the operator API, either by the key in the `Authorization` header or by the cookie of a session. */
import {
  AuthError,
  type FailureLimiter,
  type OperatorKey,
  type OperatorKeySet,
  type OperatorScope,
} from '@tributary/auth';
import { ContractError } from '@tributary/connector-api/contract';
import type { OperatorRepository } from '@tributary/feed';
import { HttpStatus } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  createExpiredCookie,
  CSRF_HEADER,
  hashSessionToken,
  isCsrfTokenValid,
  readSessionCookie,
} from './session-cookie.js';

const UNAUTHORIZED_BODY = {
  Title: 'Unauthorized',
  Detail:
    'The request carries no operator key and no valid session. Send the key as "Authorization: Bearer <key>", or log in.',
};

const RATE_LIMITED_BODY = {
  Title: 'Too many failed attempts',
  Detail:
    'Too many requests without a valid operator key came from this address. Wait the seconds in Retry-After.',
};

const FORBIDDEN_BODIES: Readonly<Record<OperatorScope, { Title: string; Detail: string }>> = {
  read: {
    Title: 'Key may not read',
    Detail: 'The scopes of this operator key in the deployment file do not include "read".',
  },
  operate: {
    Title: 'Key may not operate',
    Detail:
      'The scopes of this operator key in the deployment file do not include "operate". Nothing was changed.',
  },
};

export class OperatorAuthenticator {
  constructor(
    private readonly keys: OperatorKeySet,
    private readonly sessions: Pick<OperatorRepository, 'findSession'>,
    private readonly limiter: FailureLimiter,
  ) {}

  /**
   * Returns the operator key of a request.
   * @param scope the scope that the endpoint requires
   * @param isWrite true if the request changes something; with a cookie, such a request also needs a CSRF token
   * @throws AuthError 401, 403 or 429
   */
  async authorize(request: FastifyRequest, scope: OperatorScope, isWrite: boolean): Promise<OperatorKey> {
    const operator = await this.authenticate(request, isWrite);
    if (!operator.scopes.includes(scope)) throw new AuthError(HttpStatus.FORBIDDEN, FORBIDDEN_BODIES[scope]);
    return operator;
  }

  /**
   * Returns the entry of a key.
   * @param key the key in clear text
   * @throws AuthError 401 or 429
   */
  requireKey(key: string, address: string): OperatorKey {
    return this.keys.findByKey(key) ?? this.rejectAttempt(address);
  }

  private async authenticate(request: FastifyRequest, isWrite: boolean): Promise<OperatorKey> {
    const { authorization } = request.headers;
    if (authorization !== undefined)
      return this.keys.findByAuthorization(authorization) ?? this.rejectAttempt(request.ip);
    const token = readSessionCookie(request);
    if (token === undefined) throw createUnauthorizedError();
    const session = await this.sessions.findSession(hashSessionToken(token));
    // If a key was removed from the deployment file, its sessions are no longer valid.
    const operator = session && this.keys.findById(session.keyId);
    // The browser forgets the cookie of a session that has ended. Otherwise each page load would count as several failed attempts.
    if (!operator) return this.rejectAttempt(request.ip, { 'set-cookie': createExpiredCookie(request) });
    if (isWrite && !isCsrfTokenValid(token, request.headers[CSRF_HEADER])) throw createCsrfError();
    return operator;
  }

  private rejectAttempt(address: string, headers: Readonly<Record<string, string>> = {}): never {
    const retryAfterSeconds = this.limiter.recordFailure(address);
    if (retryAfterSeconds === 0) throw createUnauthorizedError(headers);
    throw new AuthError(HttpStatus.TOO_MANY_REQUESTS, RATE_LIMITED_BODY, {
      ...headers,
      'retry-after': String(retryAfterSeconds),
    });
  }
}

function createUnauthorizedError(headers: Readonly<Record<string, string>> = {}): AuthError {
  return new AuthError(HttpStatus.UNAUTHORIZED, UNAUTHORIZED_BODY, {
    ...headers,
    'www-authenticate': 'Bearer',
  });
}

function createCsrfError(): ContractError {
  return new ContractError(
    HttpStatus.FORBIDDEN,
    'CSRF token missing',
    `A write with a session cookie needs the csrfToken of the session in the header ${CSRF_HEADER}. Nothing was changed.`,
  );
}
