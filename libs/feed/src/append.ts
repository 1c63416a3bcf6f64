/** Appends a page of records to its feed, inside the transaction that also stores the page's cursor. */
import { formatTime, rowBody, type Stream, type WireRecord } from '@tributary/connector-api';
import { hash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Dialect, FeedChanges } from './dialect.js';
import type { FeedRowTable, Schema } from './schema.js';

/** Minimum difference of feed time between two rows, in ms. Clients read all rows of their last second again at every call. */
const GAP = 10;
const HASH_BYTES = 16;

/** Sequence number and feed time of the last row. */
export interface FeedHead {
  seq: number;
  time: number | undefined;
}

export interface NewRows {
  rows: FeedRowTable[];
  /** Number of records that are new, changed and unchanged. */
  added: number;
  changed: number;
  known: number;
}

interface Version {
  record: WireRecord;
  hash: Buffer;
}

/**
 * Appends the new versions and updates the feed's head. The caller must have locked the feed and read its head under the lock.
 * @param changes further columns of the feed to update
 */
export async function appendRecords(
  db: Kysely<Schema>,
  dialect: Dialect,
  feed: { id: number; stream: Stream; head: FeedHead },
  records: readonly WireRecord[],
  now: number,
  changes: FeedChanges = {},
): Promise<NewRows> {
  const placed = await placeRows(db, dialect, feed, records, now);
  const last = placed.rows.at(-1);
  const all = { ...changes, ...(last && { head_seq: last.seq, head_time: last.feed_time }) };
  if (Object.keys(all).length > 0) await dialect.appendRows(db, feed.id, placed.rows, all);
  return placed;
}

/**
 * Leaves out the versions that the feed already has, and assigns a sequence number and a feed time to the others. The feed time is
 * `max(min(pspTime, now), head + 10 ms)`: it always increases in sequence of visibility, and follows the PSP's time where possible.
 */
export async function placeRows(
  db: Kysely<Schema>,
  dialect: Dialect,
  feed: { id: number; stream: Stream; head: FeedHead },
  records: readonly WireRecord[],
  now: number,
): Promise<NewRows> {
  const known = await knownVersions(db, dialect, feed.id, records);
  const result: NewRows = { rows: [], added: 0, changed: 0, known: 0 };
  let { seq, time } = feed.head;
  for (const { record, hash } of records.map(version)) {
    const versions = known.get(record.id);
    const key = hash.toString('latin1');
    if (versions?.has(key)) {
      result.known++;
      continue;
    }
    if (versions) result.changed++;
    else result.added++;
    known.set(record.id, (versions ?? new Set()).add(key));
    seq++;
    time = Math.max(Math.min(record.pspTime ?? now, now), time === undefined ? 0 : time + GAP);
    const body = rowBody(feed.stream, record.content, formatTime(time));
    result.rows.push({ feed_id: feed.id, seq, feed_time: time, record_id: record.id, hash, body });
  }
  return result;
}

function version(record: WireRecord): Version {
  return { record, hash: hash('sha256', record.content, 'buffer').subarray(0, HASH_BYTES) };
}

async function knownVersions(
  db: Kysely<Schema>,
  dialect: Dialect,
  feedId: number,
  records: readonly WireRecord[],
): Promise<Map<string, Set<string>>> {
  const known = new Map<string, Set<string>>();
  if (records.length === 0) return known;
  const rows = await db
    .selectFrom('feed_rows')
    .select(['record_id', 'hash'])
    .where('feed_id', '=', feedId)
    .where(dialect.isOneOf('record_id', [...new Set(records.map(({ id }) => id))]))
    .execute();
  for (const { record_id, hash } of rows) {
    known.set(record_id, (known.get(record_id) ?? new Set()).add(hash.toString('latin1')));
  }
  return known;
}
