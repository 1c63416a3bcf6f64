import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/**
 * Adds the table of held rows, i.e. of versions of records that wait until the feed has their original. `feeds/held-rows.ts` describes when
 * they become rows of the feed.
 */
export async function createHeldRowsTable(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await types
    .clustered(
      db.schema
        .createTable('held_rows')
        .addColumn('feed_id', types.integer, (column) => column.notNull())
        .addColumn('position', types.integer, (column) => column.notNull())
        .addColumn('record_id', types.text, (column) => column.notNull())
        .addColumn('original_id', types.text, (column) => column.notNull())
        .addColumn('psp_time', types.integer)
        .addColumn('hash', types.bytes, (column) => column.notNull())
        .addColumn('content', types.text, (column) => column.notNull())
        .addColumn('held_at', types.integer, (column) => column.notNull())
        .addColumn('served_alone_at', types.integer)
        .addPrimaryKeyConstraint('held_rows_key', ['feed_id', 'position']),
    )
    .execute();
  await db.schema
    .createIndex('held_rows_by_record')
    .on('held_rows')
    .columns(['feed_id', 'record_id'])
    .execute();
  await db.schema
    .createIndex('held_rows_by_original')
    .on('held_rows')
    .columns(['feed_id', 'original_id'])
    .execute();
}
