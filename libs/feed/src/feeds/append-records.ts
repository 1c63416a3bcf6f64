/** Appends a page of records to its feed, inside the transaction that also stores the page's cursor. */
import { formatTime, appendFeedTime, type Stream, type SerializedRecord } from '@tributary/connector-api';
import type { Kysely } from 'kysely';
import type { DatabaseAdapter, FeedUpdate, WriteAtCommit } from '../database/database-adapter.js';
import {
  addEffectsToSums,
  findEffects,
  readAccountSums,
  type StoredSums,
} from '../completeness/account-sums.js';
import type { FeedRowTable, Schema } from '../database/schema.js';
import type { TimedEffect } from '../types/completeness.types.js';
import { hashContent } from './verify-row.js';

/**
 * Minimum difference of feed time between two rows, in ms. At every call a client reads all rows of its last second again, so a second must
 * not have too many rows.
 */
const FEED_TIME_STEP_MS = 10;

/** Sequence number and feed time of the last row. */
export interface FeedHead {
  seq: number;
  time: number | undefined;
}

export interface NewFeedRows {
  rows: FeedRowTable[];
  /** The records of `rows`, in the same sequence. */
  records: SerializedRecord[];
  /** Ids of the records that have earlier rows. */
  changedIds: Set<string>;
  /** Number of records that are new, changed and unchanged. */
  added: number;
  changed: number;
  unchanged: number;
}

interface RecordVersion {
  record: SerializedRecord;
  hash: Buffer;
}

/** What the database has of the records that are to be appended. */
export interface StoredRecords {
  /** Hashes of the stored versions, by record id. */
  versions: Map<string, Set<string>>;
  sums: StoredSums;
}

/**
 * Reads what `appendRecords` needs. Must run inside the transaction that has locked the feed. The caller may call it without waiting for the
 * lock, because the database runs statements one after the other.
 */
export async function readStoredRecords(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  records: readonly SerializedRecord[],
): Promise<StoredRecords> {
  const [versions, sums] = await Promise.all([
    findStoredVersions(db, adapter, feedId, records),
    readAccountSums(db, adapter, feedId, records),
  ]);
  return { versions, sums };
}

/**
 * Appends the new versions, and updates the feed's head and the sums of its accounts. The caller must have locked the feed and read its
 * head under the lock.
 * @param stored from the same transaction
 * @param changes further columns of the feed to update
 */
export async function appendRecords(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  writeLast: WriteAtCommit,
  feed: { id: number; stream: Stream; head: FeedHead },
  records: readonly SerializedRecord[],
  stored: StoredRecords,
  now: number,
  changes: FeedUpdate = {},
): Promise<NewFeedRows & { effects: TimedEffect[] }> {
  const newRows = buildNewRows(feed, records, stored.versions, now);
  const effects = await findEffects(db, adapter, feed.id, newRows);
  const last = newRows.rows.at(-1);
  const allChanges = { ...changes, ...(last && { head_seq: last.seq, head_time: last.feed_time }) };
  if (Object.keys(allChanges).length > 0)
    await adapter.appendRows(db, writeLast, feed.id, newRows.rows, allChanges);
  await addEffectsToSums(db, adapter, writeLast, feed.id, effects, stored.sums);
  return { ...newRows, effects };
}

/**
 * Leaves out the versions that the feed already has, and assigns a sequence number and a feed time to the others. The feed time is
 * `max(min(pspTime, now), head + 10 ms)`: it increases in the order in which rows become visible, and equals the PSP's time where
 * that is possible.
 * @param storedVersions hashes by record id; those of the new rows are added
 */
function buildNewRows(
  feed: { id: number; stream: Stream; head: FeedHead },
  records: readonly SerializedRecord[],
  storedVersions: Map<string, Set<string>>,
  now: number,
): NewFeedRows {
  const result: NewFeedRows = {
    ...{ rows: [], records: [], changedIds: new Set() },
    ...{ added: 0, changed: 0, unchanged: 0 },
  };
  let { seq, time } = feed.head;
  for (const { record, hash } of records.map(toVersion)) {
    const versions = storedVersions.get(record.id);
    const key = hash.toString('latin1');
    if (versions?.has(key)) {
      result.unchanged++;
      continue;
    }
    if (versions) {
      result.changed++;
      result.changedIds.add(record.id);
    } else result.added++;
    result.records.push(record);
    storedVersions.set(record.id, (versions ?? new Set()).add(key));
    seq++;
    time = Math.max(Math.min(record.pspTime ?? now, now), time === undefined ? 0 : time + FEED_TIME_STEP_MS);
    const body = appendFeedTime(feed.stream, record.content, formatTime(time));
    result.rows.push({ feed_id: feed.id, seq, feed_time: time, record_id: record.id, hash, body });
  }
  return result;
}

function toVersion(record: SerializedRecord): RecordVersion {
  return { record, hash: hashContent(record.content) };
}

async function findStoredVersions(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  records: readonly SerializedRecord[],
): Promise<Map<string, Set<string>>> {
  const known = new Map<string, Set<string>>();
  if (records.length === 0) return known;
  const rows = await db
    .selectFrom('feed_rows')
    .select(['record_id', 'hash'])
    .where('feed_id', '=', feedId)
    .where(adapter.inArray('record_id', [...new Set(records.map(({ id }) => id))]))
    .execute();
  for (const { record_id, hash } of rows) {
    known.set(record_id, (known.get(record_id) ?? new Set()).add(hash.toString('latin1')));
  }
  return known;
}
