import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/** Creates the table of the pages that were served as the end of a list, for clients that read until an empty page. */
export async function createLastPagesTable(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('last_pages')
    .addColumn('feed_id', types.integer, (column) => column.notNull())
    .addColumn('from_time', types.integer, (column) => column.notNull())
    .addColumn('page_size', types.integer, (column) => column.notNull())
    .addColumn('page', types.integer, (column) => column.notNull())
    .addColumn('until', types.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('last_pages_key', ['feed_id', 'from_time', 'page_size', 'page'])
    .execute();
}
