import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/**
 * Adds the columns for the time at which each stream is due, and for the time at which a pull last read all of its data. All gateways of
 * the store share these times.
 */
export async function addScheduleColumns(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema
    .alterTable('feeds')
    .addColumn('due_at', types.integer, (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema.alterTable('feeds').addColumn('caught_up_at', types.integer).execute();
}
