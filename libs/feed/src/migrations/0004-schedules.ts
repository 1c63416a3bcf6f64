import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../dialect.js';

/** When each stream is due, and had last caught up, for all gateways that share the store. */
export async function createSchedules(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema
    .alterTable('feeds')
    .addColumn('due_at', types.integer, (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema.alterTable('feeds').addColumn('caught_up_at', types.integer).execute();
}
