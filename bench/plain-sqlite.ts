/** The SQLite baseline: inserts a page of finished rows in one durable transaction, without the library `feed`. */
import Database from 'better-sqlite3';
import type { PlainDatabase, TableKind } from './plain-database.js';

const COLUMNS = 'feed_id, seq, feed_time, record_id, hash, body';

/**
 * Opens the database.
 * @param kind `same`: the gateway's table with its indexes. `bare`: a table without keys and indexes
 */
export function plainSqlite(file: string, kind: TableKind): PlainDatabase {
  const db = new Database(file);
  db.pragma('page_size = 8192');
  db.pragma('journal_mode = wal');
  db.pragma('cache_size = -32768');
  db.pragma('wal_autocheckpoint = 4000');
  db.pragma('synchronous = full');
  if (kind === 'bare') db.exec(`create table feed_rows (place, ${COLUMNS})`);
  const insert = db.prepare(
    `insert into feed_rows (place, ${COLUMNS}) values (1 << 40 | ?, ?, ?, ?, ?, ?, ?)`,
  );
  const select = db
    .prepare(
      `select body from feed_rows where place >= (
         select place from feed_rows where feed_id = 1 and feed_time >= ? order by feed_time limit 1
       ) order by place limit ?`,
    )
    .pluck();
  const append = db.transaction((rows: Parameters<PlainDatabase['append']>[0]) => {
    for (const { seq, time, id, hash, body } of rows) insert.run(seq, 1, seq, time, id, hash, body);
  });
  return {
    append: async (rows) => append.immediate(rows),
    read: async (from, count) => (select.all(from, count) as string[]).length,
    close: async () => void db.close(),
  };
}
