/** Finds rows of a feed that were altered after they had been appended. */
import { sql, type Kysely } from 'kysely';
import type { Schema } from '../database/schema.js';
import type { OpenedFeed } from '../identity/opened-feed.js';
import type { DamagedRow, RowSample } from '../types/store.types.js';
import { findRowDamage, readRowsToVerify, type RowToVerify } from './verify-row.js';

/** Compares at most `count` rows after the feed time `after` with their hashes. */
export async function verifySampleOfRows(
  db: Kysely<Schema>,
  feed: OpenedFeed,
  after: number | undefined,
  count: number,
): Promise<RowSample> {
  const rows = await readRowsToVerify(db, feed.id, after ?? -1, count);
  return {
    checked: rows.length,
    last: rows.length < count ? undefined : rows.at(-1)?.feed_time,
    damaged: rows.flatMap((row) => toDamagedRow(feed, row)),
  };
}

/** Returns the rows of a page whose body is not valid JSON. The function is called for a page that cannot be served. */
export async function findMalformedRows(
  db: Kysely<Schema>,
  feed: OpenedFeed,
  from: number,
  skipped: number,
  count: number,
): Promise<DamagedRow[]> {
  const rows = await db
    .selectFrom('feed_rows')
    .select(['seq', 'record_id', 'body'])
    .where('feed_id', '=', feed.id)
    .where('feed_time', '>=', sql<number>`cast(${from} as bigint)`)
    .orderBy('feed_time')
    .offset(skipped)
    .limit(count)
    .execute();
  return rows
    .filter(({ body }) => !isJsonObject(body))
    .map(({ seq, record_id }) => ({ seq, id: record_id, reason: 'the row is no JSON object' }));
}

function toDamagedRow({ stream }: OpenedFeed, row: RowToVerify): DamagedRow[] {
  const reason = findRowDamage(stream, row);
  return reason === undefined ? [] : [{ seq: row.seq, id: row.record_id, reason }];
}

function isJsonObject(body: string): boolean {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}
