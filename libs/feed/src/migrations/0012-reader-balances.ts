import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/**
 * Adds the time since which the amounts of an account are unchanged, and the last balances that each reader (the client of one API key)
 * got. See docs/decisions/0015-times-of-balances.md.
 */
export async function addReaderBalancesTable(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema.alterTable('balances').addColumn('amounts_since', types.integer).execute();
  await db.schema
    .createTable('reader_balances')
    .addColumn('connector', types.text, (column) => column.notNull())
    .addColumn('reader', types.text, (column) => column.notNull())
    .addColumn('account_id', types.text, (column) => column.notNull())
    .addColumn('amounts_since', types.integer, (column) => column.notNull())
    .addColumn('served_at', types.integer, (column) => column.notNull())
    .addColumn('requested_at', types.integer, (column) => column.notNull())
    .addColumn('interval_ms', types.integer)
    .addPrimaryKeyConstraint('reader_balances_key', ['connector', 'reader', 'account_id'])
    .execute();
}
