import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/** Adds the audit events of operators, their sessions, and an index of all orders by creation time. */
export async function createOperatorTables(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('audit_events')
    .addColumn('seq', types.integer, (column) => column.primaryKey())
    .addColumn('at', types.integer, (column) => column.notNull())
    .addColumn('tenant', types.text)
    .addColumn('connector', types.text)
    .addColumn('body', types.text, (column) => column.notNull())
    .addColumn('hash', types.text, (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('audit_events_by_tenant')
    .on('audit_events')
    .columns(['tenant', 'seq'])
    .execute();
  await db.schema.createIndex('orders_by_creation').on('orders').columns(['created_at', 'id']).execute();
  await db.schema
    .createTable('operator_sessions')
    .addColumn('token_hash', types.text, (column) => column.primaryKey())
    .addColumn('key_id', types.text, (column) => column.notNull())
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .addColumn('expires_at', types.integer, (column) => column.notNull())
    .execute();
}
