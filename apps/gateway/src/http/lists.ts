/**
 * The lists answer without Nest in between: it costs as much as the rest of a page that is in the cache. Their controllers still
 * declare the routes and describe them. Figures: docs/decisions/hot-path.md.
 */
import type { Backend } from '@tributary/connector-api';
import { connectorOf, sendPage } from '@tributary/connector-api/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** @param backends by the path of the connector; each is there before the connector's routes are registered */
export function answerLists(fastify: FastifyInstance, backends: ReadonlyMap<string, Backend>): void {
  fastify.addHook('onRoute', (route) => {
    const stream = route.config?.list;
    const backend = backends.get(connectorOf(route.url) ?? '');
    if (stream === undefined || backend === undefined) return;
    route.handler = (request: FastifyRequest, reply: FastifyReply) =>
      sendPage(backend, stream, request, reply);
  });
}
