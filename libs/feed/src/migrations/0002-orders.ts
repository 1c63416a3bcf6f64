import { type Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/** Creates the tables of orders, of their history, and of the totals of each day. */
export async function createOrderTables(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('orders')
    .addColumn('id', types.text, (column) => column.primaryKey())
    .addColumn('connector', types.text, (column) => column.notNull())
    .addColumn('idempotency_key', types.text, (column) => column.notNull())
    .addColumn('psp_key', types.text, (column) => column.notNull())
    .addColumn('psp_id', types.text)
    .addColumn('kind', types.text, (column) => column.notNull())
    .addColumn('request', types.text, (column) => column.notNull())
    .addColumn('amount', types.text, (column) => column.notNull())
    .addColumn('asset', types.text, (column) => column.notNull())
    .addColumn('state', types.text, (column) => column.notNull())
    .addColumn('details', types.text, (column) => column.notNull())
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .addColumn('changed_at', types.integer, (column) => column.notNull())
    .addColumn('answer', types.text)
    .addColumn('answered_at', types.integer)
    .addColumn('published', types.text)
    .addColumn('published_at', types.integer)
    .addColumn('attempts', types.integer, (column) => column.notNull())
    .addColumn('sent_at', types.integer)
    .addColumn('unsure_since', types.integer)
    .addColumn('refused_at', types.integer)
    .addColumn('shown_at', types.integer)
    .addColumn('next_at', types.integer)
    .addColumn('holder', types.text)
    .addColumn('leased_until', types.integer, (column) => column.notNull())
    .addColumn('fence', types.integer, (column) => column.notNull())
    .addColumn('entries', types.integer, (column) => column.notNull())
    .addUniqueConstraint('orders_by_key', ['connector', 'idempotency_key'])
    .addUniqueConstraint('orders_by_psp_key', ['connector', 'psp_key'])
    .execute();
  await index('orders_by_psp_id', ['connector', 'psp_id']);
  await index('orders_by_state', ['connector', 'state', 'created_at']);
  // Final orders have no `next_at`, so the search for due orders does not read them.
  await index('orders_due', ['next_at']);
  // Only orders on which a process is working have a holder, so this index is small.
  await index('orders_held', ['holder']);

  await db.schema
    .createTable('order_history')
    .addColumn('order_id', types.text, (column) => column.notNull())
    .addColumn('entry', types.integer, (column) => column.notNull())
    .addColumn('at', types.integer, (column) => column.notNull())
    .addColumn('state', types.text, (column) => column.notNull())
    .addColumn('event', types.text, (column) => column.notNull())
    .addPrimaryKeyConstraint('order_history_key', ['order_id', 'entry'])
    .execute();

  await db.schema
    .createTable('order_days')
    .addColumn('connector', types.text, (column) => column.notNull())
    .addColumn('day', types.integer, (column) => column.notNull())
    .addColumn('asset', types.text, (column) => column.notNull())
    .addColumn('total', types.text, (column) => column.notNull())
    .addPrimaryKeyConstraint('order_days_key', ['connector', 'day', 'asset'])
    .execute();

  async function index(name: string, columns: string[]): Promise<void> {
    await db.schema.createIndex(name).on('orders').columns(columns).execute();
  }
}
