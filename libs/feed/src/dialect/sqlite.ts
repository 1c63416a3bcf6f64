/** SQLite in a file: one machine, nothing to install. */
import type { PageBody } from '@tributary/connector-api';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect, sql, type SqlBool, type SqliteDatabase, type SqliteStatement } from 'kysely';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ColumnTypes, Dialect, Work } from '../dialect.js';
import type { FeedRowTable, Schema } from '../schema.js';
import { isBusy, translated } from './sqlite-errors.js';
import { refuseShortFile } from './sqlite-file.js';
import { inTransaction } from './transaction.js';

/** Milliseconds that a transaction waits for another process's; ours take a few. */
const BUSY_TIMEOUT = 30_000;

/** Of a row's place (64 bits): a feed may have a million million rows, and a store eight million feeds. */
const SEQ_BITS = 40;

const SQLITE_TYPES: ColumnTypes = {
  text: 'text',
  integer: 'integer',
  identity: 'integer',
  bytes: 'blob',
  generated: (column) => column.autoIncrement(),
  clustered: (table) => table.modifyEnd(sql`without rowid`),
  place: (feedId, seq) => sql`${feedId} << ${sql.raw(String(SEQ_BITS))} | ${seq}`,
};

/**
 * One connection writes, another reads: what the writer has not committed is invisible to requests.
 * @throws Error when the file cannot be opened or is no database.
 */
export async function openSqlite(file: string): Promise<Dialect> {
  mkdirSync(dirname(file), { recursive: true });
  refuseShortFile(file);
  const write = new Database(file, { timeout: 0 });
  try {
    await whenFree(() => {
      // A page of a hundred rows is read in a few pages of the file.
      write.pragma('page_size = 8192');
      write.pragma('journal_mode = wal');
    });
    // The index of versions is written at random places: with SQLite's small defaults each commit writes them to the file anew.
    write.pragma('cache_size = -32768');
    write.pragma('wal_autocheckpoint = 4000');
    // Leases and run reports may be lost with the power; `durably` waits for the disk.
    write.pragma('synchronous = normal');
    return sqliteDialect(write, new Database(file, { timeout: 1000, readonly: true }));
  } catch (error) {
    write.close();
    throw error;
  }
}

function sqliteDialect(write: Database.Database, read: Database.Database): Dialect {
  const writer = new Kysely<Schema>({ dialect: new SqliteDialect({ database: preparingOnce(write) }) });
  const reader = new Kysely<Schema>({ dialect: new SqliteDialect({ database: preparingOnce(read) }) });
  // The hot paths go past the query builder, whose work costs more than the query. One statement, because each takes and gives
  // back the file's locks. `not indexed` leaves the table as the only way to the rows, so they come in the order of their places:
  // sorting them would cost as much as reading them. A page behind the end must not reach the next feed's places. As text: bytes
  // outside of the heap cost the collector more than their encoding (docs/decisions/hot-path.md). `+ 0` hides parameters from the
  // planner: it would plan anew for each value. They have no names, because the driver looks each name up. It binds every number as a
  // real one, and those do not tell the places of a feed after the 8191st apart: hence the casts.
  const page = prepareLater(
    read,
    `with first (place) as (
       select place from feed_rows where feed_id = ? + 0 and feed_time >= ? + 0 order by feed_time limit 1
     )
     select count(*) as rows, '[' || coalesce(group_concat(body, ','), '') || ']' as body
       from first cross join feed_rows as r not indexed
      where r.place >= first.place + cast(? as integer)
        and r.place < min(first.place + cast(? as integer), (? + 1) << ${SEQ_BITS})`,
  );
  const insert = prepareLater(
    write,
    `insert into feed_rows (place, feed_id, seq, feed_time, record_id, hash, body)
     values (? << ${SEQ_BITS} | ?, ?, ?, ?, ?, ?, ?)`,
  );
  // On the connection of the transaction, without the query builder: it would cost ten times the insert.
  const insertRows = async (_db: Kysely<Schema>, rows: readonly FeedRowTable[]) => {
    const statement = insert();
    inWords(write, () => {
      for (const row of rows) {
        const { feed_id, seq } = row;
        statement.run(feed_id, seq, feed_id, seq, row.feed_time, row.record_id, row.hash, row.body);
      }
    });
  };
  // It has the whole file to itself.
  const transact: Dialect['write'] = (work) =>
    writer.connection().execute((connection) => writing(connection, work));
  return {
    types: SQLITE_TYPES,
    reader,
    write: transact,
    durably: (work) =>
      writer.connection().execute(async (connection) => {
        await sql`pragma synchronous = full`.execute(connection);
        try {
          return await writing(connection, work);
        } finally {
          await sql`pragma synchronous = normal`.execute(connection);
        }
      }),
    damage: async () => {
      const found = inWords(read, () => read.pragma('quick_check(1)', { simple: true }));
      return found === 'ok' ? undefined : String(found).replace(/\s+/g, ' ');
    },
    hasTable: async (name) =>
      read.prepare("select 1 from sqlite_master where type = 'table' and name = ?").get(name) !== undefined,
    snapshot: (work) =>
      reader.connection().execute(async (connection) => {
        await sql`begin`.execute(connection);
        try {
          return await work(connection);
        } finally {
          await sql`commit`.execute(connection);
        }
      }),
    // It looks for the largest by itself.
    continueIdentity: async () => {},
    exclusively: transact,
    insertRows,
    appendRows: async (db, feedId, rows, changes) => {
      await insertRows(db, rows);
      await db.updateTable('feeds').set(changes).where('id', '=', feedId).execute();
    },
    // A transaction of ours needs no lock of a row.
    forUpdate: sql``,
    time: sql`cast(unixepoch('subsec') * 1000 as integer)`,
    isOneOf: (column, values) =>
      sql<SqlBool>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(values)}))`,
    page: (feedId, from, skipped, count) =>
      inWords(read, () => page().get(feedId, from, skipped, skipped + count, feedId) as PageBody),
    // By ourselves: the query builder closes only what it has used.
    close: async () => {
      read.close();
      write.close();
    },
  };
}

/** The tables come with the migrations, after the connections. */
function prepareLater(db: Database.Database, text: string): () => Database.Statement {
  let statement: Database.Statement | undefined;
  return () => (statement ??= db.prepare(text));
}

/** Kysely prepares a statement for every execution; ours are few, and are executed for ever. */
function preparingOnce(db: Database.Database): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    prepare: (text) => {
      let statement = statements.get(text);
      if (!statement) statements.set(text, (statement = inOurWords(db, text)));
      return statement;
    },
    close: () => db.close(),
  };
}

/** Its errors are those of this room. */
function inOurWords(db: Database.Database, text: string): SqliteStatement {
  const statement = inWords(db, () => db.prepare(text));
  return {
    reader: statement.reader,
    all: (parameters) => inWords(db, () => statement.all(parameters)),
    run: (parameters) => inWords(db, () => statement.run(parameters)),
    iterate: (parameters) => statement.iterate(parameters),
  };
}

function inWords<T>(db: Database.Database, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translated(error, db.name);
  }
}

/** `begin immediate` takes the write lock at once: a transaction that began to read could not get it later. */
function writing<T>(connection: Kysely<Schema>, work: Work<T>): Promise<T> {
  return inTransaction(connection, () => whenFree(() => sql`begin immediate`.execute(connection)), work);
}

/** Waits for another writer without stopping this process, as SQLite's own waiting would. */
async function whenFree<T>(attempt: () => T | Promise<T>): Promise<T> {
  const deadline = performance.now() + BUSY_TIMEOUT;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      await sleep(2 + Math.random() * 8);
    }
  }
}
