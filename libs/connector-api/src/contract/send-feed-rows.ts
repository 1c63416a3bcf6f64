/** Sends rows of a feed by their sequence numbers: as JSON, as JSON lines, or as server-sent events. */
import { HttpStatus } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { formatTime } from '../time.js';
import type { Backend, FeedRows, NumberedRow } from './backend.js';
import { ContractError } from './contract-error.js';
import type { FeedQuery } from './parse-feed-query.js';

/** The response header with the epoch of the rows. It exists for the formats whose body cannot contain the epoch. */
const EPOCH_HEADER = 'tributary-epoch';
/** The interval in ms at which a comment line is sent in a stream of events. Proxies would otherwise close a connection without traffic. */
const KEEP_ALIVE_INTERVAL_MS = 15_000;

/**
 * Sends the rows after a position. If there are no rows yet, the response waits up to `waitMs`. In the format `events`, the response
 * continues until the client closes the connection or the gateway stops.
 * @throws ContractError 409 if the position belongs to an earlier state of the store, i.e. from before a restore
 */
export async function sendFeedRows(
  backend: Backend,
  query: FeedQuery,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const closed = new AbortController();
  request.raw.once('close', () => closed.abort());
  reply.raw.once('close', () => closed.abort());
  let page = await readRows(backend, query);
  reply.header(EPOCH_HEADER, page.epoch).header('cache-control', 'no-store');
  if (query.format === 'events') {
    const events = createEvents(backend, query, page, closed.signal);
    await reply.header('content-type', 'text/event-stream').send(Readable.from(events));
    return;
  }
  if (page.rows.length === 0 && query.waitMs > 0) {
    await backend.waitForFeedRow(query.stream, query.after, query.waitMs, closed.signal);
    page = await readRows(backend, query);
  }
  if (query.format === 'ndjson') {
    const lines = Buffer.from(page.rows.map((row) => `${formatRow(row)}\n`).join(''));
    await reply.header('content-type', 'application/x-ndjson').send(lines);
    return;
  }
  const next = page.rows.at(-1)?.sequence ?? query.after;
  const body = `{"epoch":${page.epoch},"next":${next},"rows":[${page.rows.map(formatRow).join(',')}]}`;
  await reply.header('content-type', 'application/json').send(Buffer.from(body));
}

/**
 * Reads the rows after a position.
 * @throws ContractError 409 if the position belongs to an earlier state of the store
 */
async function readRows(
  backend: Backend,
  { stream, after, epoch, limit }: Pick<FeedQuery, 'stream' | 'after' | 'epoch' | 'limit'>,
): Promise<FeedRows> {
  const page = await backend.readFeedRows(stream, after, limit);
  if (epoch !== undefined && epoch !== page.epoch && after > 0) {
    throw createPositionError(`the position is of epoch ${epoch}, and the store has epoch ${page.epoch}`);
  }
  if (page.lastSequence !== undefined && after > page.lastSequence) {
    throw createPositionError(`after is ${after}, and the last row of the feed is ${page.lastSequence}`);
  }
  return page;
}

function createPositionError(found: string): ContractError {
  return new ContractError(
    HttpStatus.CONFLICT,
    'The store was restored',
    `${found}: since the row was read, the store was restored from a backup or moved to a replica, so rows after this position can be ` +
      'other ones. Read the feed again from after=0, and replace the rows that you have by their sequence.',
  );
}

async function* createEvents(
  backend: Backend,
  query: FeedQuery,
  first: FeedRows,
  closed: AbortSignal,
): AsyncGenerator<string> {
  const { stream, limit } = query;
  const { epoch } = first;
  let after = query.after;
  let page = first;
  yield ': rows follow\n\n';
  while (!closed.aborted && !backend.isStopping) {
    if (page.rows.length > 0) {
      yield page.rows.map((row) => `id: ${epoch}-${row.sequence}\ndata: ${formatRow(row)}\n\n`).join('');
      after = page.rows.at(-1)?.sequence ?? after;
    } else {
      await backend.waitForFeedRow(stream, after, KEEP_ALIVE_INTERVAL_MS, closed);
      if (!closed.aborted) yield ': no rows for now\n\n';
    }
    page = await readRows(backend, { stream, after, epoch, limit });
  }
}

/** Returns the JSON of one row. Its `record` is the JSON from the feed, which contains no line break. */
function formatRow({ sequence, feedTime, id, version, body }: NumberedRow): string {
  const fields = `"sequence":${sequence},"feedTime":"${formatTime(feedTime)}","id":${JSON.stringify(id)}`;
  return `{${fields},"version":${version},"record":${body}}`;
}
