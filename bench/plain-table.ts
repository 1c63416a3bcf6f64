/** A simple SQLite table that is the baseline: a row has a time and its JSON, and the time has an index. */
import Database from 'better-sqlite3';

/**
 * Writes the baseline table with the default settings of SQLite and of the driver. The rows are stored in the order of the query, and
 * statistics of the table are collected (`analyze`). The table has none of the columns, indexes and cursors that a feed needs.
 * @param storeFile the gateway's database from which the rows are copied
 * @param file the path of the new file
 */
export function writePlainTable(storeFile: string, file: string): void {
  const db = new Database(file);
  db.pragma('journal_mode = wal');
  db.exec('create table rows (id integer primary key, feed_time integer not null, body text not null)');
  db.prepare('attach ? as store').run(storeFile);
  db.exec(`
    insert into rows (feed_time, body) select feed_time, body from store.feed_rows where feed_id = 1 order by seq;
    create index rows_by_time on rows (feed_time);
    analyze main;
  `);
  db.exec('detach store');
  db.pragma('wal_checkpoint(truncate)');
  db.close();
}
