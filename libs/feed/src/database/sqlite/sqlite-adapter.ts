/** The database adapter for SQLite. SQLite needs one file on one machine, and no installation. */
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect, sql, type SqlBool, type SqliteDatabase, type SqliteStatement } from 'kysely';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ColumnTypes, DatabaseAdapter, TableColumn, TransactionCallback } from '../database-adapter.js';
import { buildJoinCondition } from '../build-join-condition.js';
import type { FeedRowTable, Schema } from '../schema.js';
import { addFeedSetId } from './feed-set-id.js';
import { prepareLazily } from './prepare-lazily.js';
import { SqlitePageReader } from './sqlite-page-reader.js';
import { MAX_FEED_ID, SEQUENCE_NUMBER_BITS } from './row-key.js';
import { isLockedByOtherProcess, toStoreError } from './sqlite-errors.js';
import { assertFileComplete } from './assert-file-complete.js';
import { StoreChangeGuard } from '../../identity/store-change-guard.js';
import { createFileReplacementCheck } from './file-replacement-check.js';
import { createHealthCheckOrder, HEALTH_CHECK_ORDER_ID } from '../create-health-check-order.js';
import { runInTransaction } from '../run-in-transaction.js';

/** The maximum time in ms to wait for a transaction of another process. Transactions of this library normally take a few milliseconds. */
const BUSY_TIMEOUT_MS = 30_000;

/**
 * The memory for pages of the file that each connection keeps, in kilobytes. Larger caches do not save processor time, because the operating
 * system keeps the file in memory, too. With 1,000,000 rows, pages of 100 rows took the same time with 1 to 16 MB for reading. Appends of rows
 * with random ids took the same time, and wrote as much, with 8 and with 32 MB for writing.
 */
const WRITE_CACHE_KB = 8192;
const READ_CACHE_KB = 2048;

/**
 * The length of the request in the order of the health check, in characters. It does not fit into one page of the file, so the insert tests
 * that the file can grow.
 */
const PROBE_REQUEST_LENGTH = 20_000;

const SQLITE_COLUMN_TYPES: ColumnTypes = {
  text: 'text',
  integer: 'integer',
  identity: 'integer',
  bytes: 'blob',
  generated: (column) => column.autoIncrement(),
  clustered: (table) => table.modifyEnd(sql`without rowid`),
  hasColumn: async (db, table, column) => {
    const { rows } = await sql`select 1 from pragma_table_info(${table}) where name = ${column}`.execute(db);
    return rows.length > 0;
  },
  rejectValues: async (db, table, column, message) => {
    const [name, reject] = [sql.ref(column), sql`begin select raise(abort, ${sql.lit(message)}); end`];
    const trigger = (event: string) => sql.raw(`create trigger reject_${table}_${column}_${event}`);
    await sql`${trigger('insert')} before insert on ${sql.table(table)} when new.${name} is not null ${reject}`.execute(
      db,
    );
    await sql`${trigger('update')} before update of ${name} on ${sql.table(table)} ${reject}`.execute(db);
  },
  addFeedSetId,
  rowKey: (feedId, seq) => sql`${feedId} << ${sql.raw(String(SEQUENCE_NUMBER_BITS))} | ${seq}`,
};

/**
 * Opens a SQLite file with one connection for writing and one for reading, so that requests never read uncommitted data.
 * @throws Error when the file cannot be opened or is not a SQLite database
 */
export async function openSqlite(file: string): Promise<DatabaseAdapter> {
  mkdirSync(dirname(file), { recursive: true });
  assertFileComplete(file);
  const write = new Database(file, { timeout: 0 });
  try {
    await retryWhileBusy(() => {
      // With this page size, a response of 100 rows needs only a few pages of the file.
      write.pragma('page_size = 8192');
      write.pragma('journal_mode = wal');
    });
    write.pragma(`cache_size = -${WRITE_CACHE_KB}`);
    write.pragma('wal_autocheckpoint = 4000');
    // A power failure may lose leases and reports of runs. `durableTransaction` waits for the disk.
    write.pragma('synchronous = normal');
    const read = new Database(file, { timeout: 1000, readonly: true });
    read.pragma(`cache_size = -${READ_CACHE_KB}`);
    return createSqliteAdapter(write, read);
  } catch (error) {
    write.close();
    throw error;
  }
}

function createSqliteAdapter(write: Database.Database, read: Database.Database): DatabaseAdapter {
  const changes = new StoreChangeGuard(write.name);
  const fileCheck = createFileReplacementCheck(write.name, changes);
  const writer = new Kysely<Schema>({
    dialect: new SqliteDialect({ database: cachePreparedStatements(write) }),
  });
  const reader = new Kysely<Schema>({
    dialect: new SqliteDialect({ database: cachePreparedStatements(read) }),
  });
  const pages = new SqlitePageReader(read);
  const insertStatement = prepareLazily(
    write,
    `insert into feed_rows (place, feed_id, seq, feed_time, record_id, hash, body)
     values (? << ${SEQUENCE_NUMBER_BITS} | ?, ?, ?, ?, ?, ?, ?)`,
  );
  const writeTotalStatement = prepareLazily(
    write,
    `insert into account_sums (feed_id, account_id, asset, total, after_suspect) values (?, ?, ?, ?, ?)
     on conflict (feed_id, account_id, asset)
     do update set total = excluded.total, after_suspect = excluded.after_suspect`,
  );
  // The insert uses the connection of the transaction without the query builder, because building the query would take ten times as long as
  // the insert.
  const insertRows = async (_db: Kysely<Schema>, rows: readonly FeedRowTable[]) => {
    const statement = insertStatement();
    convertErrors(write, () => {
      for (const row of rows) {
        const { feed_id, seq } = row;
        statement.run(feed_id, seq, feed_id, seq, row.feed_time, row.record_id, row.hash, row.body);
      }
    });
  };
  const runTransaction: DatabaseAdapter['transaction'] = (work) =>
    writer.connection().execute((connection) => runWriteTransaction(connection, checkFileBefore(work)));
  const checkFileBefore =
    <T>(work: TransactionCallback<T>): TransactionCallback<T> =>
    (db, writeAtCommit) => {
      fileCheck.check();
      return work(db, writeAtCommit);
    };
  const adapter: DatabaseAdapter = {
    // SQLite has only one connection for writing. Its transactions are short, so all kinds of work share this connection.
    forPurpose: () => adapter,
    columnTypes: SQLITE_COLUMN_TYPES,
    changes,
    // SQLite has no server to identify.
    findServerIdentity: async () => undefined,
    onNewConnection: () => {},
    reader,
    transaction: runTransaction,
    durableTransaction: (work) =>
      writer.connection().execute(async (connection) => {
        await sql`pragma synchronous = full`.execute(connection);
        try {
          return await runWriteTransaction(connection, checkFileBefore(work));
        } finally {
          await sql`pragma synchronous = normal`.execute(connection);
        }
      }),
    checkIntegrity: async () => {
      const found = convertErrors(read, () => read.pragma('quick_check(1)', { simple: true }));
      return found === 'ok' ? undefined : String(found).replace(/\s+/g, ' ');
    },
    listColumns: async (db, tables) =>
      (
        await sql<TableColumn>`
          select 'main' as "schema", t.value as "table", c.name as "column"
            from json_each(${JSON.stringify(tables)}) as t join pragma_table_info(t.value) as c`.execute(db)
      ).rows,
    // A write transaction of SQLite locks all tables, so no further locks have to be tested.
    probeOrderTables: async (db) => {
      await db.insertInto('orders').values(createHealthCheckOrder(PROBE_REQUEST_LENGTH)).execute();
      await db.deleteFrom('orders').where('id', '=', HEALTH_CHECK_ORDER_ID).execute();
    },
    readSnapshot: (work) =>
      reader.connection().execute(async (connection) => {
        await sql`begin`.execute(connection);
        try {
          return await work(connection, rejectWrite);
        } finally {
          await sql`commit`.execute(connection);
        }
      }),
    // Nothing is needed, because SQLite always continues after the largest number.
    resetFeedIdSequence: async () => {},
    // The database chooses the numbers of new feeds.
    createFeedId: () => undefined,
    maxFeedId: MAX_FEED_ID,
    migrationTransaction: (work) =>
      writer
        .connection()
        .execute((connection) => runWriteTransaction(connection, checkFileBefore(work), Infinity)),
    insertRows,
    appendRows: async (db, _writeLast, feedId, rows, changes, totals) => {
      await insertRows(db, rows);
      const writeTotal = writeTotalStatement();
      convertErrors(write, () => {
        for (const { account_id, asset, total, after_suspect } of totals)
          writeTotal.run(feedId, account_id, asset, total, after_suspect);
      });
      if (Object.keys(changes).length > 0)
        await db.updateTable('feeds').set(changes).where('id', '=', feedId).execute();
    },
    // A write transaction of SQLite locks the whole file, so row locks are not needed.
    forUpdate: sql``,
    currentTime: sql`cast(unixepoch('subsec') * 1000 as integer)`,
    rowsTable: (columns, rows) => {
      const values = JSON.stringify(rows.map((row) => columns.map(({ name }) => row[name])));
      // The names are column names of this library, so they are safe as SQL text. One text for all columns is compiled faster than one
      // fragment for each column.
      const fields = columns.map(({ name }, index) => `value ->> ${index} as ${name}`).join(', ');
      // Without `where true`, SQLite would parse the `on conflict` of the insert as a join condition.
      return sql`(select ${sql.raw(fields)} from json_each(${values})) where true`;
    },
    // SQLite joins only with nested loops. `cross join` keeps the sequence of the tables.
    lookupJoin: (table, alias, columns) =>
      sql`cross join ${sql.table(table)} as ${sql.ref(alias)} on ${buildJoinCondition(alias, columns)}`,
    jsonArrayFunction: sql`json_group_array`,
    inArray: (column, values) =>
      sql<SqlBool>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(values)}))`,
    useIndex: (index) => sql`indexed by ${sql.ref(index)}`,
    updateStatistics: async () => {},
    rowPosition: sql<number>`place`,
    isRowAfter: (feedId, seq) => sql<SqlBool>`
      place > (${feedId} << ${sql.lit(SEQUENCE_NUMBER_BITS)} | ${seq})
      and place < (${feedId + 1} << ${sql.lit(SEQUENCE_NUMBER_BITS)})`,
    readPage: (feed, from, skipped, count) => {
      fileCheck.checkRecently();
      return convertErrors(read, () => pages.read(feed, from, skipped, count));
    },
    // The connections are closed directly, because the query builder closes a connection only if it has used the connection.
    close: async () => {
      read.close();
      write.close();
    },
  };
  return adapter;
}

function rejectWrite(): never {
  throw new TypeError('a snapshot is read-only');
}

/**
 * Caches prepared statements. Kysely would prepare a statement at every execution, although this library has few statements and repeats
 * them.
 */
function cachePreparedStatements(db: Database.Database): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    prepare: (text) => {
      let statement = statements.get(text);
      if (!statement) statements.set(text, (statement = wrapStatement(db, text)));
      return statement;
    },
    close: () => db.close(),
  };
}

/** Prepares a statement, and converts its driver errors to errors of this library. */
function wrapStatement(db: Database.Database, text: string): SqliteStatement {
  const statement = convertErrors(db, () => db.prepare(text));
  return {
    reader: statement.reader,
    all: (parameters) => convertErrors(db, () => statement.all(parameters)),
    run: (parameters) => convertErrors(db, () => statement.run(parameters)),
    iterate: (parameters) => statement.iterate(parameters),
  };
}

/**
 * Runs `work`, and converts driver errors to errors of this library.
 * @throws StoreUnavailableError when the database is unavailable
 */
function convertErrors<T>(db: Database.Database, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toStoreError(error, db.name);
  }
}

/**
 * Runs a write transaction. `begin immediate` acquires the write lock at once. A transaction that begins with a read cannot always get the
 * lock later.
 */
function runWriteTransaction<T>(
  connection: Kysely<Schema>,
  work: TransactionCallback<T>,
  busyTimeoutMs = BUSY_TIMEOUT_MS,
): Promise<T> {
  return runInTransaction(
    connection,
    () => retryWhileBusy(() => sql`begin immediate`.execute(connection), busyTimeoutMs),
    work,
  );
}

/**
 * Repeats `attempt` while another process has the write lock. SQLite's own wait is not used, because it would block the event loop of this
 * process.
 */
async function retryWhileBusy<T>(attempt: () => T | Promise<T>, busyTimeoutMs = BUSY_TIMEOUT_MS): Promise<T> {
  const deadline = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isLockedByOtherProcess(error) || performance.now() > deadline) throw error;
      await sleep(2 + Math.random() * 8);
    }
  }
}
