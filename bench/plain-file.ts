/** The table that one makes without thinking about speed: a row is its time and its JSON, and the time has an index. */
import Database from 'better-sqlite3';

/**
 * Nothing of it is made slow: SQLite's and the driver's defaults, rows in the order in which they are asked for, analysed, and free of
 * the columns, the indexes and the cursor that a feed needs to keep its promises.
 * @param storeFile where the rows come from @param file is made anew
 */
export function writePlainFile(storeFile: string, file: string): void {
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
