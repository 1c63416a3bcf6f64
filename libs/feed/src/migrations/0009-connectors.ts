import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/** Creates the table of connectors, which stores the plugin and the account at the PSP of each connector. */
export async function createConnectorsTable(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('connectors')
    .addColumn('connector', types.text, (column) => column.primaryKey())
    .addColumn('plugin', types.text, (column) => column.notNull())
    .addColumn('account', types.text)
    .addColumn('registered_at', types.integer, (column) => column.notNull())
    .execute();
}
