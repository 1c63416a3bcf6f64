/**
 * Serves the list routes directly from Fastify, without Nest, because for a page in memory Nest would take as much time as all other work
 * together. The controllers still declare and document these routes. Figures: docs/decisions/0007-path-of-a-page-request.md.
 */
import type { Backend } from '@tributary/connector-api';
import { sendPage } from '@tributary/connector-api/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { getRequestedConnectorPath } from './shared-route-table.js';

/**
 * Replaces the handlers of the list routes.
 * @param backends backends by connector path; the map must be complete before the first request
 */
export function installListFastPath(fastify: FastifyInstance, backends: ReadonlyMap<string, Backend>): void {
  fastify.addHook('onRoute', (route) => {
    const { list: stream, sharedRoute } = route.config ?? {};
    if (stream === undefined || sharedRoute === undefined) return;
    route.handler = (request: FastifyRequest, reply: FastifyReply) => {
      const backend = backends.get(getRequestedConnectorPath(request));
      return backend === undefined ? reply.callNotFound() : sendPage(backend, stream, request, reply);
    };
  });
}
