import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/** Adds the number by which a page statement checks the identity of its feed, unless the store has it. */
export async function addFeedSetIdColumn(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  if (await types.hasColumn(db, 'store_identity', 'feed_set_id')) return;
  await types.addFeedSetId(db);
}
