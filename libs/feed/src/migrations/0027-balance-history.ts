import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/** Adds the last balances of each account on earlier days. `database/schema.ts` describes the columns. */
export async function createBalanceHistoryTable(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('balance_history')
    .addColumn('connector', types.text, (column) => column.notNull())
    .addColumn('account_id', types.text, (column) => column.notNull())
    .addColumn('day', types.integer, (column) => column.notNull())
    .addColumn('observed_at', types.integer, (column) => column.notNull())
    .addColumn('amounts', types.text, (column) => column.notNull())
    .addPrimaryKeyConstraint('balance_history_key', ['connector', 'account_id', 'day'])
    .execute();
}
