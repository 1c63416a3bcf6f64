import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/** Adds the number by which a page statement of PostgreSQL checks the identity of its feed. SQLite needs no such number. */
export async function addFeedSetIdColumn(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await types.addFeedSetId(db);
}
