/**
 * Finds the rows of an account that have not moved money yet. The report of a gap lists these rows, because they may explain the gap. A gap
 * is a difference between the balance and the sum of the rows.
 */
import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.js';
import type { OpenedFeed } from '../identity/opened-feed.js';

/**
 * The maximum number of rows that are read, beginning with the newest. A gap is usually explained by recent rows, and a feed can have any
 * length.
 */
const MAX_ROWS = 2_000;
const MAX_IDS = 5;
/** The statuses of rows that may still move money, or whose status does not show whether they moved money. */
const OPEN_STATUSES: readonly string[] = ['PENDING', 'AUTHORISATION', 'OTHER'];

/**
 * Returns the number of an account's rows in one asset that have not moved money yet, and the ids of the newest of these rows.
 * @param afterSeq rows up to this sequence number are left out
 */
export async function describeOpenRows(
  db: Kysely<Schema>,
  feed: OpenedFeed,
  { accountId, asset }: { accountId: string; asset: string },
  afterSeq: number,
): Promise<{ count: number; ids: string[] }> {
  const rows = await db
    .selectFrom('feed_rows')
    .select(['record_id', 'body'])
    .where('feed_id', '=', feed.id)
    .where('seq', '>', afterSeq)
    .orderBy('seq', 'desc')
    .limit(MAX_ROWS)
    .execute();
  const seen = new Set<string>();
  const ids: string[] = [];
  for (const { record_id, body } of rows) {
    if (seen.has(record_id)) continue;
    seen.add(record_id);
    const row = JSON.parse(body) as Record<string, string | undefined>;
    const isOfAccount = row['sourceAccountID'] === accountId || row['destinationAccountID'] === accountId;
    if (isOfAccount && row['currency'] === asset && OPEN_STATUSES.includes(row['status'] ?? ''))
      ids.push(record_id);
  }
  return { count: ids.length, ids: ids.slice(0, MAX_IDS) };
}
