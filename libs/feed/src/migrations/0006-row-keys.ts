import { sql, type Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';

/**
 * Adds the integer primary key `place` to `feed_rows` in SQLite, because SQLite stores a table sorted by such a key. All other columns stay
 * unchanged. Other databases skip this migration. See docs/decisions/0007-path-of-a-page-request.md.
 */
export async function addRowKeyColumn(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const { rowKey } = types;
  if (rowKey === undefined) return;
  await db.schema
    .createTable('placed_rows')
    .addColumn('place', types.integer, (column) => column.primaryKey())
    .addColumn('feed_id', types.integer, (column) => column.notNull())
    .addColumn('seq', types.integer, (column) => column.notNull())
    .addColumn('feed_time', types.integer, (column) => column.notNull())
    .addColumn('record_id', types.text, (column) => column.notNull())
    .addColumn('hash', types.bytes, (column) => column.notNull())
    .addColumn('body', types.text, (column) => column.notNull())
    .execute();
  const columns = sql.raw('feed_id, seq, feed_time, record_id, hash, body');
  await sql`insert into placed_rows (place, ${columns})
    select ${rowKey(sql.ref('feed_id'), sql.ref('seq'))}, ${columns} from feed_rows order by feed_id, seq`.execute(
    db,
  );
  await db.schema.dropTable('feed_rows').execute();
  await db.schema.alterTable('placed_rows').renameTo('feed_rows').execute();
  // The old table was dropped together with its indexes, so they are created again.
  await sql`create unique index feed_rows_by_time on feed_rows (feed_id, feed_time)`.execute(db);
  await sql`create unique index feed_rows_by_version on feed_rows (feed_id, record_id, hash)`.execute(db);
}
