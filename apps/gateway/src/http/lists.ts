/**
 * The lists answer without Nest in between: it costs as much as the rest of a page that is in the cache. Their controllers still
 * declare the routes and describe them. Figures: docs/decisions/hot-path.md.
 */
import type { Backend } from '@tributary/connector-api';
import { sendPage } from '@tributary/connector-api/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { askedConnector } from './mounted-routes.js';

/** @param backends by the path of the connector; all are there before the first request comes */
export function answerLists(fastify: FastifyInstance, backends: ReadonlyMap<string, Backend>): void {
  fastify.addHook('onRoute', (route) => {
    const { list: stream, mounted } = route.config ?? {};
    if (stream === undefined || mounted === undefined) return;
    route.handler = (request: FastifyRequest, reply: FastifyReply) => {
      const backend = backends.get(askedConnector(request));
      return backend === undefined ? reply.callNotFound() : sendPage(backend, stream, request, reply);
    };
  });
}
