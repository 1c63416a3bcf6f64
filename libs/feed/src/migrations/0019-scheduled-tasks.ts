import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/** Adds the schedule of tasks that only one gateway runs at a time, and the last message about each alert that was sent to a channel. */
export async function createScheduledTaskTables(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('scheduled_tasks')
    .addColumn('name', types.text, (column) => column.primaryKey())
    .addColumn('next_at', types.integer, (column) => column.notNull())
    .addColumn('holder', types.text)
    .addColumn('lease_until', types.integer, (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('sent_alerts')
    .addColumn('channel', types.text, (column) => column.notNull())
    .addColumn('alert', types.text, (column) => column.notNull())
    .addColumn('fingerprint', types.text, (column) => column.notNull())
    .addColumn('body', types.text, (column) => column.notNull())
    .addColumn('sent_at', types.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('sent_alerts_key', ['channel', 'alert'])
    .execute();
}
