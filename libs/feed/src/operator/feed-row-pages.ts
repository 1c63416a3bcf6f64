/** Reads the rows of a feed backwards (newest first), and the versions of one record. */
import type { Kysely } from 'kysely';
import type { Stream } from '@tributary/connector-api';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { FeedRowTable, Schema } from '../database/schema.js';
import { findFeedId } from '../feeds/find-feed-id.js';
import type { RowRange, StoredVersion } from '../types/operator.types.js';

export async function readRowsBackwards(
  { reader }: DatabaseAdapter,
  { connector, stream, fromMs, toMs, limit }: RowRange,
): Promise<StoredVersion[]> {
  const feedId = await findFeedId(reader, connector, stream);
  if (feedId === undefined) return [];
  const rows = await selectVersions(reader, feedId)
    .$if(fromMs !== undefined, (query) => query.where('feed_time', '>=', fromMs ?? 0))
    .$if(toMs !== undefined, (query) => query.where('feed_time', '<', toMs ?? 0))
    // The feed time increases with the sequence number, and both databases have an index for it.
    .orderBy('feed_time', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toStoredVersion);
}

export async function findVersions(
  { reader }: DatabaseAdapter,
  connector: string,
  stream: Stream,
  id: string,
  limit: number,
): Promise<StoredVersion[]> {
  const feedId = await findFeedId(reader, connector, stream);
  if (feedId === undefined) return [];
  const rows = await selectVersions(reader, feedId)
    .where('record_id', '=', id)
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toStoredVersion);
}

function selectVersions(db: Kysely<Schema>, feedId: number) {
  return db
    .selectFrom('feed_rows')
    .select(['seq', 'feed_time', 'record_id', 'body'])
    .where('feed_id', '=', feedId);
}

function toStoredVersion(row: Pick<FeedRowTable, 'seq' | 'feed_time' | 'record_id' | 'body'>): StoredVersion {
  return { sequence: row.seq, feedTime: row.feed_time, recordId: row.record_id, body: row.body };
}
