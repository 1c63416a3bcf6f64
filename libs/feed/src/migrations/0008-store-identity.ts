import type { Kysely } from 'kysely';
import { randomUUID } from 'node:crypto';
import type { ColumnTypes } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';

/**
 * Creates the table with the identity of the store. With the identity, a process notices when the database contains another store or an
 * older state of the store.
 */
export async function createStoreIdentityTable(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('store_identity')
    .addColumn('store_id', types.text, (column) => column.primaryKey())
    .addColumn('epoch', types.integer, (column) => column.notNull())
    .addColumn('beat', types.integer, (column) => column.notNull())
    .addColumn('server_database', types.text)
    .addColumn('server_timeline', types.integer)
    .addColumn('beat_at', types.integer, (column) => column.notNull())
    .addColumn('loss_found', types.text)
    .addColumn('min_feed_time', types.integer)
    .addColumn('restored_at', types.integer)
    .addColumn('backup_at', types.integer)
    .execute();
  await (db as Kysely<Schema>)
    .insertInto('store_identity')
    .values({
      ...{ store_id: randomUUID(), epoch: 1, beat: 0, beat_at: Date.now() },
      ...{ server_database: null, server_timeline: null, loss_found: null },
      ...{ min_feed_time: null, restored_at: null, backup_at: null },
    })
    .execute();
}
