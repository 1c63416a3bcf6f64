/** Compares a stored row with its hash, which was calculated when the row was appended. */
import { appendFeedTime, formatTime, type Stream } from '@tributary/connector-api';
import { hash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { FeedRowTable, Schema } from '../database/schema.js';

const HASH_BYTES = 16;

/** The columns of a row that are needed to verify it. */
export type RowToVerify = Omit<FeedRowTable, 'feed_id'>;

/** Returns at most `count` rows of a feed after a feed time, oldest first. */
export function readRowsToVerify(
  db: Kysely<Schema>,
  feedId: number,
  after: number,
  count: number,
): Promise<RowToVerify[]> {
  return db
    .selectFrom('feed_rows')
    .select(['seq', 'feed_time', 'record_id', 'hash', 'body'])
    .where('feed_id', '=', feedId)
    .where('feed_time', '>', after)
    .orderBy('feed_time')
    .limit(count)
    .execute();
}

/** Returns the hash of a record's content. The content is the JSON of the row without its feed time. */
export function hashContent(content: string): Buffer {
  return hash('sha256', content, 'buffer').subarray(0, HASH_BYTES);
}

/**
 * Compares a row with its hash.
 * @returns a description of the damage, or `undefined` if the row is unchanged since its append
 */
export function findRowDamage(stream: Stream, row: Omit<RowToVerify, 'seq'>): string | undefined {
  const suffix = appendFeedTime(stream, '', formatTime(row.feed_time));
  if (!row.body.endsWith(suffix)) return 'the JSON does not end with the feed time of the row';
  const content = row.body.slice(0, -suffix.length);
  if (!hashContent(content).equals(row.hash)) return 'the JSON does not match the hash of the row';
  if (!content.startsWith(`{"id":${JSON.stringify(row.record_id)}`))
    return 'the JSON has another id than the row';
  return undefined;
}
