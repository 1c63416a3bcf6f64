/** What no route took: another method, a connector that does not exist, or nothing at all. */
import { admit, NO_KEYS, type FailureLimiter, type KeyRing } from '@tributary/auth';
import { ContractError, contractResource, plainBody } from '@tributary/connector-api/contract';
import { HttpStatus } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * A path of the contract answers the same whether or not its connector exists, until a key opens it: nobody learns from us
 * which connectors and tenants there are.
 * @param rings the keys of each connector, by its path
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
