import { sql, type Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/**
 * Adds the sums of the rows of each account, for the completeness check. Existing rows are not added up, because that would read the whole
 * store. So the sums of existing feeds begin after their present rows, and the check calculates the opening balance from the first observed
 * balances.
 */
export async function createAccountSumTables(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema
    .alterTable('feeds')
    .addColumn('summed_after', types.integer, (column) => column.notNull().defaultTo(0))
    .execute();
  await sql`update feeds set summed_after = head_seq`.execute(db);
  await types
    .clustered(
      db.schema
        .createTable('account_sums')
        .addColumn('feed_id', types.integer, (column) => column.notNull())
        .addColumn('account_id', types.text, (column) => column.notNull())
        .addColumn('asset', types.text, (column) => column.notNull())
        .addColumn('total', types.text, (column) => column.notNull())
        .addColumn('opening', types.text)
        .addColumn('opening_proven', types.integer, (column) => column.notNull().defaultTo(0))
        .addColumn('agreed_at', types.integer)
        .addColumn('agreed_seq', types.integer)
        .addColumn('suspect_at', types.integer)
        .addColumn('suspect_balance', types.text)
        .addColumn('suspect_since', types.integer)
        .addColumn('after_suspect', types.text, (column) => column.notNull().defaultTo('0'))
        .addColumn('gap', types.text)
        .addColumn('gap_since', types.integer)
        .addColumn('reread_at', types.integer)
        .addPrimaryKeyConstraint('account_sums_key', ['feed_id', 'account_id', 'asset']),
    )
    .execute();
  await types
    .clustered(
      db.schema
        .createTable('feed_checkpoints')
        .addColumn('feed_id', types.integer, (column) => column.notNull())
        .addColumn('seq', types.integer, (column) => column.notNull())
        .addColumn('at', types.integer, (column) => column.notNull())
        .addColumn('cursor', types.text)
        .addPrimaryKeyConstraint('feed_checkpoints_key', ['feed_id', 'seq']),
    )
    .execute();
}
