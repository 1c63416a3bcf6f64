import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/** Adds the column in which a feed keeps the sums that its last appends changed (`completeness/recent-sums.ts`). */
export async function addRecentSumsColumn(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema.alterTable('feeds').addColumn('recent_sums', types.text).execute();
}
