import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/**
 * Adds the columns for three actions of operators: pausing a stream, reading a stream again, and dismissing a quarantine entry.
 * `database/schema.ts` describes the columns.
 */
export async function addOperatorActionColumns(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema.alterTable('feeds').addColumn('paused_at', types.integer).execute();
  await db.schema.alterTable('quarantine').addColumn('seen_at', types.integer).execute();
  await db.schema.alterTable('quarantine').addColumn('dismissed_at', types.integer).execute();
  // Every append searches for dismissed entries in the same way as for unresolved entries, so they have an index, too.
  await db.schema
    .createIndex('quarantine_dismissed')
    .on('quarantine')
    .columns(['feed_id', 'kind'])
    .where('dismissed_at' as never, 'is not', null)
    .execute();
  await types
    .clustered(
      db.schema
        .createTable('feed_cursors')
        .addColumn('feed_id', types.integer, (column) => column.notNull())
        .addColumn('at', types.integer, (column) => column.notNull())
        .addColumn('cursor', types.text, (column) => column.notNull())
        .addPrimaryKeyConstraint('feed_cursors_key', ['feed_id', 'at']),
    )
    .execute();
}
