/** A page of a list, from its query to its answer. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Stream } from '../plugin.js';
import type { Backend, PageBody } from './backend.js';
import { parsePageQuery } from './page-query.js';

/**
 * Hands on the bytes that the feed stored: nothing is parsed or written again. It waits only where the store does.
 * @throws ContractError 422 for a query that is none
 */
export function sendPage(
  backend: Backend,
  stream: Stream,
  request: FastifyRequest,
  reply: FastifyReply,
): void | Promise<void> {
  const page = backend.page(stream, parsePageQuery(stream, request.query));
  return page instanceof Promise ? page.then(({ body }) => send(reply, body)) : send(reply, page.body);
}

function send(reply: FastifyReply, body: PageBody['body']): void {
  // To a string without a serializer of its own Fastify adds a charset, and the contract's type has none.
  if (typeof body === 'string') reply.serializer(asItIs);
  void reply.header('content-type', 'application/json').send(body);
}

const asItIs = (body: string) => body;
