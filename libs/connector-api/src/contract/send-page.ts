/** Serves one page of a list, from the query to the response. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Stream } from '../plugin.js';
import type { Backend, SerializedPage } from './backend.js';
import { parsePageQuery } from './parse-page-query.js';

/**
 * Sends one page of a stream. The bytes come from the feed and are neither parsed nor serialized again. The function returns a promise only
 * if the backend does.
 * @throws ContractError 422 for an invalid query
 */
export function sendPage(
  backend: Backend,
  stream: Stream,
  request: FastifyRequest,
  reply: FastifyReply,
): void | Promise<void> {
  const page = backend.getPage(stream, parsePageQuery(stream, request.query), request.headers.authorization);
  return page instanceof Promise
    ? page.then(({ body }) => sendBody(reply, body))
    : sendBody(reply, page.body);
}

function sendBody(reply: FastifyReply, body: SerializedPage['body']): void {
  // Without this serializer, Fastify would add a charset to the content type of a string. The contract's content type has no charset.
  if (typeof body === 'string') reply.serializer(keepString);
  void reply.header('content-type', 'application/json').send(body);
}

const keepString = (body: string) => body;
