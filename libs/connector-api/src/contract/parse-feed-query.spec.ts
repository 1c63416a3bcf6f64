/** Tests how the header `Accept` selects the format of the rows of a feed. */
import type { FastifyRequest } from 'fastify';
import { parseFeedQuery } from './parse-feed-query.js';

const parseAccept = (accept: string) =>
  parseFeedQuery({
    query: {},
    params: { stream: 'accounts' },
    headers: { accept },
  } as unknown as FastifyRequest).format;

it.each([
  ['*/*', 'json'],
  ['application/x-ndjson', 'ndjson'],
  ['text/html, Text/Event-Stream;q=0.5', 'events'],
  ['constructor, text/event-stream', 'events'],
  ['__proto__', 'json'],
])('the header "Accept: %s" selects the format %s', (accept, format) => {
  expect(parseAccept(accept)).toBe(format);
});
