/** Compares every row of every feed with its hash, and checks that no row is missing. */
import { STREAMS, type Stream } from '@tributary/connector-api';
import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.js';
import { findRowDamage, readRowsToVerify } from '../feeds/verify-row.js';
import { assertStoreExists, withDatabase, type StoreLocation } from '../store/open-store.js';
import type { DamagedRow } from '../types/store.types.js';

/** The number of rows that are read and kept in memory at a time. */
const BATCH_ROWS = 500;
/** The maximum number of damaged or missing rows that are described. Further ones are only counted. */
const MAX_FINDINGS = 100;
const POSITION_PATTERN = /^(\d{1,15}):(\d{1,15})$/;

export interface RowFinding extends DamagedRow {
  connector: string;
  stream: string;
}

export interface RowVerification {
  rows: number;
  /** The number of damaged or missing rows. */
  damaged: number;
  /** Descriptions of the first damaged or missing rows, at most `MAX_FINDINGS`. */
  findings: RowFinding[];
}

export interface VerifyOptions {
  /** A position that an earlier run passed to `onProgress`. Rows before this position are skipped. */
  resumeAt?: string | undefined;
  /**
   * Called after each batch.
   * @param position a later run that gets this position as `resumeAt` continues after this batch
   */
  onProgress?: (rows: number, position: string) => void;
}

interface FeedColumns {
  id: number;
  connector: string;
  stream: string;
  head_seq: number;
}

/**
 * Verifies all rows on one snapshot of the database, with limited memory.
 * @throws Error when the store cannot be opened, or when `resumeAt` is not a position
 */
export async function verifyStoredRows(
  location: string | StoreLocation,
  { resumeAt, onProgress = () => undefined }: VerifyOptions = {},
): Promise<RowVerification> {
  assertStoreExists(location);
  const start = parsePosition(resumeAt);
  const result: RowVerification = { rows: 0, damaged: 0, findings: [] };
  await withDatabase(location, (adapter) =>
    adapter.readSnapshot(async (db) => {
      const feeds = await db
        .selectFrom('feeds')
        .select(['id', 'connector', 'stream', 'head_seq'])
        .where('id', '>=', start.feedId)
        .orderBy('id')
        .execute();
      for (const feed of feeds) {
        const after = feed.id === start.feedId ? start.feedTime : undefined;
        await verifyFeed(db, feed, after, result, onProgress);
      }
    }),
  );
  return result;
}

async function verifyFeed(
  db: Kysely<Schema>,
  feed: FeedColumns,
  resumeAfter: number | undefined,
  result: RowVerification,
  onProgress: NonNullable<VerifyOptions['onProgress']>,
): Promise<void> {
  // Feeds of streams that this release does not have are skipped, because they are not served.
  const stream = STREAMS.find((known): known is Stream => known === feed.stream);
  if (stream === undefined) return;
  const addFinding = (finding: DamagedRow) => {
    result.damaged++;
    const { connector } = feed;
    if (result.findings.length < MAX_FINDINGS) result.findings.push({ connector, stream, ...finding });
  };
  let expectedSeq = resumeAfter === undefined ? 1 : undefined;
  let after = resumeAfter ?? -1;
  for (;;) {
    const rows = await readRowsToVerify(db, feed.id, after, BATCH_ROWS);
    for (const row of rows) {
      if (expectedSeq !== undefined && row.seq !== expectedSeq)
        addFinding({
          ...nameRow(row),
          reason: `expected row ${expectedSeq} here: rows are missing or moved`,
        });
      expectedSeq = row.seq + 1;
      const reason = findRowDamage(stream, row);
      if (reason !== undefined) addFinding({ ...nameRow(row), reason });
    }
    const last = rows.at(-1);
    if (!last) break;
    result.rows += rows.length;
    after = last.feed_time;
    onProgress(result.rows, `${feed.id}:${after}`);
  }
  const nextSeq = feed.head_seq + 1;
  if ((expectedSeq ?? nextSeq) !== nextSeq)
    addFinding({
      seq: feed.head_seq,
      id: '-',
      reason: `the last row is ${(expectedSeq ?? 1) - 1}, expected ${feed.head_seq}`,
    });
}

function nameRow({ seq, record_id }: { seq: number; record_id: string }): { seq: number; id: string } {
  return { seq, id: record_id };
}

function parsePosition(text: string | undefined): { feedId: number; feedTime: number } {
  if (text === undefined) return { feedId: 0, feedTime: -1 };
  const [, feedId, feedTime] = POSITION_PATTERN.exec(text) ?? [];
  if (feedId === undefined || feedTime === undefined)
    throw new Error(
      `${JSON.stringify(text)} is no position of a check; expected one that an earlier check printed, e.g. 2:1767225600010`,
    );
  return { feedId: Number(feedId), feedTime: Number(feedTime) };
}
