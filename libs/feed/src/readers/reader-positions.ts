/** Stores the position of each reader (the client of one API key) in each feed, so that every gateway and every command can read it. */
import type { Kysely } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';
import type { ReaderPosition, ReaderRequests } from '../types/reader-position.types.js';

/**
 * Adds requests to the stored positions of their readers, in one transaction. If a request is older than the stored request, it is only
 * counted.
 */
export async function recordReaderRequests(
  db: Kysely<Schema>,
  requests: readonly ReaderRequests[],
): Promise<void> {
  // Transactions that write several rows must write them in the same sequence, because they could otherwise wait for each other for ever.
  const sorted = [...requests].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  for (const request of sorted) {
    const { connector, reader, stream, requestedAt, fromMs, intervalMs, count } = request;
    await db
      .insertInto('reader_positions')
      .values({
        ...{ connector, reader, stream, requested_at: requestedAt, requests: count },
        filter_from: fromMs ?? null,
        read_seq: (await findReadSeq(db, request)) ?? null,
        interval_ms: intervalMs ?? null,
      })
      .onConflict((conflict) =>
        conflict.columns(['connector', 'reader', 'stream']).doUpdateSet((eb) => {
          const newer = <Column extends 'filter_from' | 'read_seq' | 'requested_at'>(column: Column) =>
            eb
              .case()
              .when('excluded.requested_at', '>=', eb.ref('reader_positions.requested_at'))
              .then(eb.ref(`excluded.${column}`))
              .else(eb.ref(`reader_positions.${column}`))
              .end();
          return {
            requested_at: newer('requested_at'),
            filter_from: newer('filter_from'),
            read_seq: newer('read_seq'),
            interval_ms: eb.fn.coalesce('excluded.interval_ms', 'reader_positions.interval_ms'),
            requests: eb('reader_positions.requests', '+', eb.ref('excluded.requests')),
          };
        }),
      )
      .execute();
  }
}

/**
 * Returns the sequence number of the last row that the reader has. The sequence numbers of a feed have no gaps, so one index lookup is
 * enough.
 * @returns `undefined` if the reader never got a page
 */
async function findReadSeq(
  db: Kysely<Schema>,
  { connector, stream, fromMs, rowsRead }: ReaderRequests,
): Promise<number | undefined> {
  if (rowsRead === undefined) return undefined;
  const feed = await db
    .selectFrom('feeds')
    .select(['id', 'head_seq'])
    .where('connector', '=', connector)
    .where('stream', '=', stream)
    .executeTakeFirst();
  if (feed === undefined) return undefined;
  const before = await db
    .selectFrom('feed_rows')
    .select('seq')
    .where('feed_id', '=', feed.id)
    .where('feed_time', '<', fromMs ?? 0)
    .orderBy('feed_time', 'desc')
    .limit(1)
    .executeTakeFirst();
  return Math.min(feed.head_seq, (before?.seq ?? 0) + rowsRead);
}

/** Returns all positions of the readers of these connectors, unsorted. `rowsBehind` is calculated at the time of the call. */
export async function findReaderPositions(
  adapter: DatabaseAdapter,
  connectors: readonly string[],
): Promise<ReaderPosition[]> {
  if (connectors.length === 0) return [];
  const rows = await adapter.reader
    .selectFrom('reader_positions as position')
    .leftJoin('feeds', (join) =>
      join.onRef('feeds.connector', '=', 'position.connector').onRef('feeds.stream', '=', 'position.stream'),
    )
    .selectAll('position')
    .select('feeds.head_seq')
    .where(adapter.inArray('position.connector', connectors))
    .execute();
  return rows.map((row) => ({
    ...{ connector: row.connector, reader: row.reader, stream: row.stream, requestedAt: row.requested_at },
    ...(row.filter_from === null ? {} : { fromMs: row.filter_from }),
    ...(row.read_seq === null ? {} : { rowsBehind: Math.max(0, (row.head_seq ?? 0) - row.read_seq) }),
    ...(row.interval_ms === null ? {} : { intervalMs: row.interval_ms }),
    requests: row.requests,
  }));
}

function keyOf({
  connector,
  reader,
  stream,
}: Pick<ReaderRequests, 'connector' | 'reader' | 'stream'>): string {
  return `${connector} ${reader} ${stream}`;
}
