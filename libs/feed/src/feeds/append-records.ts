/** Appends a page of records to its feed, inside the transaction that also stores the cursor of the page. */
import { formatTime, appendFeedTime, type Stream, type SerializedRecord } from '@tributary/connector-api';
import type { Kysely } from 'kysely';
import type {
  AccountTotalRow,
  DatabaseAdapter,
  FeedUpdate,
  WriteAtCommit,
} from '../database/database-adapter.js';
import {
  addEffectsToSums,
  findBalanceEffects,
  readAccountSums,
  type SumSelection,
} from '../completeness/account-sums.js';
import { planSumWrites, replaceByRecentSums } from '../completeness/recent-sums.js';
import type { StoredSums } from '../completeness/stored-sums.js';
import type { FeedRowTable, Schema } from '../database/schema.js';
import type { TimedEffects } from '../types/completeness.types.js';
import { findHeldRowsOf, findOverdueRows, updateHeldRows } from './held-rows.js';
import { numberReturnedVersions, SEQ_WITHOUT_INDEX } from './returned-versions.js';
import { addToSetOfKey, RecordPlacer, type PlacedRecord, type Placement } from './place-records.js';

/**
 * The minimum difference in ms between the feed times of two rows. The feed time of a row is the time by which clients find it. At every
 * request a client reads all rows of its last second again, so one second must not contain too many rows.
 */
const FEED_TIME_STEP_MS = 10;

/** The sequence number and the feed time of the last row of a feed. */
export interface FeedHead {
  seq: number;
  time: number | undefined;
  /**
   * True if the feed has held rows (rows that wait for their original, e.g. a refund for its payment), or rows that were served without
   * their original.
   */
  hasHeldRows: boolean;
  /** The recent sums in the row of the feed (`completeness/recent-sums.ts`). */
  recentSums: readonly AccountTotalRow[];
}

/** A feed whose row is locked until the end of the transaction. */
export interface LockedFeed {
  id: number;
  stream: Stream;
  head: FeedHead;
}

export interface AppendedRows extends Pick<Placement, 'added' | 'changed' | 'unchanged'> {
  rows: FeedRowTable[];
  effects: TimedEffects[];
  /** True if the feed has held rows after the append. */
  hasHeldRows: boolean;
  /** The sums of the accounts after the commit. If two parts contain the same account, the later part is valid. */
  sums: readonly StoredSums[];
}

/** The stored data that an append needs about its records. */
export interface StoredRecords {
  /** The hashes of the stored versions, by record id, oldest version first. The map also contains the hashes of the records' originals. */
  versions: Map<string, Set<string>>;
  /** The sums of the accounts in the table `account_sums`. */
  sums: StoredSums;
  /** The sums of other accounts that the caller knows. */
  knownSums?: readonly StoredSums[];
}

/**
 * Reads the stored data that `appendRecords` needs. The function must be called inside the transaction that has locked the feed. The caller
 * need not wait for the lock first, because the database runs the statements one after the other.
 * @param selection the accounts whose sums are read; if it is absent, these are the accounts of the records
 */
export async function readStoredRecords(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  records: readonly SerializedRecord[],
  selection?: SumSelection,
): Promise<StoredRecords> {
  const [versions, sums] = await Promise.all([
    findStoredVersions(db, adapter, feedId, records),
    readAccountSums(db, adapter, feedId, records, selection),
  ]);
  return { versions, sums };
}

/**
 * Appends the new versions, and updates the head of the feed and the sums of its accounts. If a version refers to an original that is not
 * in the feed, the version is held until the original comes. The caller must have locked the feed and read its head under the lock.
 * @param stored result of `readStoredRecords` in the same transaction
 * @param changes further columns of the feed to update
 */
export async function appendRecords(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  writeAtCommit: WriteAtCommit,
  feed: LockedFeed,
  records: readonly SerializedRecord[],
  stored: StoredRecords,
  now: number,
  changes: FeedUpdate = {},
): Promise<AppendedRows> {
  const ids = feed.head.hasHeldRows ? records.map(({ id }) => id) : [];
  const placer = new RecordPlacer(stored.versions, await findHeldRowsOf(db, adapter, feed.id, ids));
  const versions = await numberReturnedVersions(db, adapter, feed.id, records, stored.versions);
  for (const record of versions) placer.place(record);
  const { placement } = placer;
  const effects = await findBalanceEffects(db, adapter, feed.id, placement.counted);
  const { recentSums } = feed.head;
  const known = [...(stored.knownSums ?? []), replaceByRecentSums(stored.sums, recentSums)];
  const sums = await addEffectsToSums(db, adapter, feed.id, effects, known, recentSums);
  const sumWrites = planSumWrites(recentSums, sums.rows);
  const allChanges = { ...changes, ...sumWrites.changes };
  const rows = await writePlacement(
    ...([db, adapter, writeAtCommit, feed, placement, now, allChanges, sumWrites.totals] as const),
  );
  const { added, changed, unchanged } = placement;
  const hasHeldRows = feed.head.hasHeldRows || placement.held.size > 0;
  return { rows, effects, added, changed, unchanged, hasHeldRows, sums: sums.parts };
}

/**
 * Serves rows without the reference to their original, if they have waited for this original since before a given time.
 * @param limit maximum number of such rows
 * @returns the new rows, and the number of overdue rows that were found
 */
export async function serveOverdueRows(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  writeAtCommit: WriteAtCommit,
  feed: LockedFeed,
  { heldBefore, limit, now }: { heldBefore: number; limit: number; now: number },
): Promise<{ rows: FeedRowTable[]; overdue: number }> {
  const overdue = await findOverdueRows(db, feed.id, heldBefore, limit);
  if (overdue.length === 0) return { rows: [], overdue: 0 };
  const records = overdue.map(({ record }) => record);
  const [versions, dependents] = await Promise.all([
    findStoredVersions(db, adapter, feed.id, records),
    findHeldRowsOf(
      db,
      adapter,
      feed.id,
      records.map(({ id }) => id),
    ),
  ]);
  const placer = new RecordPlacer(versions, dependents);
  for (const row of overdue) placer.serveOverdue(row);
  const rows = await writePlacement(db, adapter, writeAtCommit, feed, placer.placement, now);
  return { rows, overdue: overdue.length };
}

async function writePlacement(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  writeAtCommit: WriteAtCommit,
  feed: LockedFeed,
  placement: Placement,
  now: number,
  changes: FeedUpdate = {},
  totals: readonly AccountTotalRow[] = [],
): Promise<FeedRowTable[]> {
  await updateHeldRows(db, adapter, feed.id, placement, now);
  const rows = buildRows(feed, placement.rows, now);
  const last = rows.at(-1);
  const allChanges = { ...changes, ...(last && { head_seq: last.seq, head_time: last.feed_time }) };
  if (totals.length > 0 || Object.keys(allChanges).length > 0)
    await adapter.appendRows(db, writeAtCommit, feed.id, rows, allChanges, totals);
  return rows;
}

/**
 * Assigns a sequence number and a feed time to each record. The feed time is `max(min(pspTime, now), head + 10 ms)`. So feed times increase
 * in the sequence in which rows become visible, and equal the PSP's time where possible.
 */
function buildRows(
  { id: feedId, stream, head }: LockedFeed,
  placed: readonly PlacedRecord[],
  now: number,
): FeedRowTable[] {
  let { seq, time } = head;
  return placed.map(({ record, hash }) => {
    seq++;
    time = Math.max(Math.min(record.pspTime ?? now, now), time === undefined ? 0 : time + FEED_TIME_STEP_MS);
    const body = appendFeedTime(stream, record.content, formatTime(time));
    return { feed_id: feedId, seq, feed_time: time, record_id: record.id, hash, body };
  });
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
    .where(adapter.inArray('record_id', [...new Set(records.flatMap(listIds))]))
    .orderBy(SEQ_WITHOUT_INDEX)
    .execute();
  for (const { record_id, hash } of rows) addToSetOfKey(known, record_id, hash.toString('latin1'));
  return known;
}

/** Returns the id of the record and, if it refers to an original, the id of the original. */
function listIds({ id, originalId }: SerializedRecord): string[] {
  return originalId === undefined ? [id] : [id, originalId];
}
