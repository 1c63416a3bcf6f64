/** Compares a stored row with its hash, which was computed when the row was appended. */
import { appendFeedTime, formatTime, type Stream } from '@tributary/connector-api';
import { hash } from 'node:crypto';
import type { FeedRowTable } from '../database/schema.js';

const HASH_BYTES = 16;

/** Returns the hash of a record's content: the JSON of the row without its feed time. */
export function hashContent(content: string): Buffer {
  return hash('sha256', content, 'buffer').subarray(0, HASH_BYTES);
}

/** Returns what is wrong with a row, or `undefined` if it is as it was appended. */
export function findRowDamage(
  stream: Stream,
  row: Omit<FeedRowTable, 'feed_id' | 'seq'>,
): string | undefined {
  const suffix = appendFeedTime(stream, '', formatTime(row.feed_time));
  if (!row.body.endsWith(suffix)) return 'the JSON does not end with the feed time of the row';
  const content = row.body.slice(0, -suffix.length);
  if (!hashContent(content).equals(row.hash)) return 'the JSON does not match the hash of the row';
  if (!content.startsWith(`{"id":${JSON.stringify(row.record_id)}`))
    return 'the JSON has another id than the row';
  return undefined;
}
