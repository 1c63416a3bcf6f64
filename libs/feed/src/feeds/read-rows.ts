/** Reads the rows of a feed by sequence number, for programs that copy a feed. */
import type { NumberedRow } from '@tributary/connector-api';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { OpenedFeed } from '../identity/opened-feed.js';
import { DamagedRowsError } from '../database/store-errors.js';
import { findRowDamage } from './verify-row.js';

/**
 * Returns at most `limit` rows after a sequence number. Sequence numbers are assigned under the lock of the feed, so rows become visible in
 * ascending order. A reader that continues after the last number therefore misses no row.
 * @throws DamagedRowsError when a row was altered or deleted in the database
 * @throws StoreChangedError when the database was replaced
 */
export async function readRows(
  adapter: DatabaseAdapter,
  feed: OpenedFeed,
  afterSeq: number,
  limit: number,
): Promise<NumberedRow[]> {
  feed.assertUnchanged();
  const rows = await adapter.reader
    .selectFrom('feed_rows')
    .select(['seq', 'feed_time', 'record_id', 'hash', 'body'])
    // The subquery counts in the index of record versions, so its time does not depend on the length of the feed.
    .select((eb) =>
      eb
        .selectFrom('feed_rows as versions')
        .select((count) => count.fn.countAll<number>().as('count'))
        .whereRef('versions.feed_id', '=', 'feed_rows.feed_id')
        .whereRef('versions.record_id', '=', 'feed_rows.record_id')
        .whereRef('versions.seq', '<=', 'feed_rows.seq')
        .as('version'),
    )
    .where('feed_id', '=', (eb) => eb.selectFrom('feeds').select('id').where(feed.isSameFeed))
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .limit(limit)
    .execute();
  if (rows.length === 0) await feed.assertExists();
  const damaged = rows.flatMap((row, index) =>
    row.seq !== afterSeq + 1 + index || findRowDamage(feed.stream, row) !== undefined
      ? [{ seq: row.seq, id: row.record_id }]
      : [],
  );
  if (damaged.length > 0) throw new DamagedRowsError(feed.connector, feed.stream, damaged);
  return rows.map(({ seq, feed_time, record_id, body, version }) => ({
    sequence: seq,
    feedTime: feed_time,
    id: record_id,
    version: Number(version),
    body,
  }));
}
