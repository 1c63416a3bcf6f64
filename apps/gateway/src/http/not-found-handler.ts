/** Responds to requests that match no route, because of a wrong method, an unknown connector or an unknown path. */
import { authenticate, EMPTY_KEY_SET, type FailureLimiter, type ApiKeySet } from '@tributary/auth';
import { ContractError, matchResource } from '@tributary/connector-api/contract';
import { HttpStatus } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createNotFoundError } from './create-not-found-error.js';

/**
 * Creates the handler. A request without a valid key gets the same response for every path of the contract, whether or not the connector
 * exists. So clients cannot find out the names of connectors and tenants.
 * @param keySets the keys of each connector, by connector path
 */
export function createNotFoundHandler(keySets: ReadonlyMap<string, ApiKeySet>, limiter: FailureLimiter) {
  return (request: FastifyRequest, reply: FastifyReply): void => {
    const resource = matchResource(request.url);
    if (resource === undefined) throw createNotFoundError();
    if (request.method === 'OPTIONS') {
      void reply.code(HttpStatus.NO_CONTENT).header('allow', resource.allowedMethods).send();
      return;
    }
    authenticate(keySets.get(resource.connectorPath) ?? EMPTY_KEY_SET, limiter, request);
    if (resource.allowedMethods.split(', ').includes(request.method)) throw createNotFoundError();
    throw new ContractError(
      HttpStatus.METHOD_NOT_ALLOWED,
      'Method Not Allowed',
      `${request.method} is not possible here, expected one of ${resource.allowedMethods}.`,
      { allow: resource.allowedMethods },
    );
  };
}
