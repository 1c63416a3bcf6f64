import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/** Adds the resolutions of orders that an operator proposed and that another operator must approve. */
export async function createOrderProposalsTable(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('order_proposals')
    .addColumn('order_id', types.text, (column) => column.primaryKey())
    .addColumn('id', types.text, (column) => column.notNull())
    .addColumn('key_id', types.text, (column) => column.notNull())
    .addColumn('proposed_by', types.text, (column) => column.notNull())
    .addColumn('at', types.integer, (column) => column.notNull())
    .addColumn('body', types.text, (column) => column.notNull())
    .execute();
}
