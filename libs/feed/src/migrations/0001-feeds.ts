import { sql, type Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/** Creates the tables of feeds, their rows, balances, the quarantine and sync runs. */
export async function createFeedTables(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('feeds')
    .addColumn('id', types.identity, (column) => types.generated(column.primaryKey()))
    .addColumn('connector', types.text, (column) => column.notNull())
    .addColumn('stream', types.text, (column) => column.notNull())
    .addColumn('head_seq', types.integer, (column) => column.notNull())
    .addColumn('head_time', types.integer)
    .addColumn('cursor', types.text)
    .addColumn('fence', types.integer, (column) => column.notNull())
    .addColumn('holder', types.text)
    .addColumn('leased_until', types.integer, (column) => column.notNull())
    .addUniqueConstraint('feeds_by_name', ['connector', 'stream'])
    .execute();

  // The table is stored in the sequence of (feed, seq) where the database supports this, so that the rows of a page are adjacent.
  await types
    .clustered(
      db.schema
        .createTable('feed_rows')
        .addColumn('feed_id', types.integer, (column) => column.notNull())
        .addColumn('seq', types.integer, (column) => column.notNull())
        .addColumn('feed_time', types.integer, (column) => column.notNull())
        .addColumn('record_id', types.text, (column) => column.notNull())
        .addColumn('hash', types.bytes, (column) => column.notNull())
        .addColumn('body', types.text, (column) => column.notNull())
        .addPrimaryKeyConstraint('feed_rows_key', ['feed_id', 'seq']),
    )
    .execute();
  // This index finds the first row at or after the time from which a client reads.
  await unique('feed_rows_by_time', ['feed_id', 'feed_time']);
  // This index prevents a version of a record from being appended twice.
  await unique('feed_rows_by_version', ['feed_id', 'record_id', 'hash']);

  await db.schema
    .createTable('balances')
    .addColumn('connector', types.text, (column) => column.notNull())
    .addColumn('account_id', types.text, (column) => column.notNull())
    .addColumn('observed_at', types.integer, (column) => column.notNull())
    .addColumn('served_at', types.integer, (column) => column.notNull())
    .addColumn('amounts', types.text, (column) => column.notNull())
    .addPrimaryKeyConstraint('balances_key', ['connector', 'account_id'])
    .execute();

  await db.schema
    .createTable('quarantine')
    .addColumn('feed_id', types.integer, (column) => column.notNull())
    .addColumn('kind', types.text, (column) => column.notNull())
    .addColumn('record_id', types.text, (column) => column.notNull())
    .addColumn('reason', types.text, (column) => column.notNull())
    .addColumn('raw', types.text)
    .addColumn('since', types.integer, (column) => column.notNull())
    .addColumn('cleared_at', types.integer)
    .addPrimaryKeyConstraint('quarantine_key', ['feed_id', 'kind', 'record_id'])
    .execute();

  await db.schema
    .createTable('sync_runs')
    .addColumn('connector', types.text, (column) => column.notNull())
    .addColumn('stream', types.text, (column) => column.notNull())
    .addColumn('started_at', types.integer, (column) => column.notNull())
    .addColumn('duration', types.integer, (column) => column.notNull())
    .addColumn('pages', types.integer, (column) => column.notNull())
    .addColumn('records', types.integer, (column) => column.notNull())
    .addColumn('added', types.integer, (column) => column.notNull())
    .addColumn('changed', types.integer, (column) => column.notNull())
    .addColumn('refused', types.integer, (column) => column.notNull())
    .addColumn('error', types.text)
    .execute();
  await db.schema
    .createIndex('sync_runs_by_stream')
    .on('sync_runs')
    .columns(['connector', 'stream', 'started_at'])
    .execute();

  async function unique(name: string, columns: string[]): Promise<void> {
    await sql`create unique index ${sql.ref(name)} on feed_rows (${sql.join(columns.map((c) => sql.ref(c)))})`.execute(
      db,
    );
  }
}
