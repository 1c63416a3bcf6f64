/** Responds to requests that match no route: a wrong method, an unknown connector, or an unknown path. */
import { admit, NO_KEYS, type FailureLimiter, type KeyRing } from '@tributary/auth';
import { ContractError, contractResource, plainBody } from '@tributary/connector-api/contract';
import { HttpStatus } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Creates the handler. Without a valid key, a path of the contract gets the same response whether or not its connector exists.
 * So clients cannot find out which connectors and tenants there are.
 * @param keySets the keys of each connector, by connector path
 */
export function unknownRoute(rings: ReadonlyMap<string, KeyRing>, limiter: FailureLimiter) {
  return (request: FastifyRequest, reply: FastifyReply): void => {
    const resource = contractResource(request.url);
    if (resource === undefined) throw notFound();
    if (request.method === 'OPTIONS') {
      void reply.code(HttpStatus.NO_CONTENT).header('allow', resource.allow).send();
      return;
    }
    admit(rings.get(resource.connector) ?? NO_KEYS, limiter, request);
    if (resource.allow.split(', ').includes(request.method)) throw notFound();
    throw new ContractError(
      HttpStatus.METHOD_NOT_ALLOWED,
      'Method Not Allowed',
      `${request.method} is not possible here, expected one of ${resource.allow}.`,
      { allow: resource.allow },
    );
  };
}

function notFound(): ContractError {
  const { Title, Detail } = plainBody(HttpStatus.NOT_FOUND);
  return new ContractError(HttpStatus.NOT_FOUND, Title, Detail);
}
