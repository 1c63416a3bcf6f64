import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/** Adds the requests to PSPs about orders, and the responses. `database/schema.ts` describes the columns. */
export async function createOrderExchangesTable(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('order_exchanges')
    .addColumn('order_id', types.text, (column) => column.notNull())
    .addColumn('at', types.integer, (column) => column.notNull())
    .addColumn('position', types.integer, (column) => column.notNull())
    .addColumn('action', types.text, (column) => column.notNull())
    .addColumn('attempt', types.integer, (column) => column.notNull())
    .addColumn('body', types.text, (column) => column.notNull())
    .addColumn('expires_at', types.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('order_exchanges_key', ['order_id', 'at', 'position'])
    .execute();
  await db.schema
    .createIndex('order_exchanges_by_expiry')
    .on('order_exchanges')
    .columns(['expires_at'])
    .execute();
}
