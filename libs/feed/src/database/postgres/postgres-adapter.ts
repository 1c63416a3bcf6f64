/** The database adapter for PostgreSQL 15 and later. With PostgreSQL, many gateways can share one store. */
import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type {
  AccountTotalRow,
  ColumnTypes,
  ConnectionPurpose,
  DatabaseAdapter,
  FeedUpdate,
  TableColumn,
  TransactionCallback,
} from '../database-adapter.js';
import { buildJoinCondition } from '../build-join-condition.js';
import { createHealthCheckOrder, HEALTH_CHECK_ORDER_ID } from '../create-health-check-order.js';
import type { FeedRowTable } from '../schema.js';
import { StoreChangeGuard } from '../../identity/store-change-guard.js';
import { findServerIdentity, readConnectionState } from './postgres-identity.js';
import { isConcurrentCreate } from './postgres-errors.js';
import { addFeedSetId } from './feed-set-id.js';
import { formatArray } from './format-array.js';
import { createKysely } from './postgres-kysely.js';
import { PostgresPool, toPoolTimeouts, type PoolLimits } from './postgres-pool.js';
import { PostgresPageReader } from './postgres-page-reader.js';
import { PostgresReplicaReader } from './postgres-replica-reader.js';
import { rejectColumnValues } from './reject-values-by-trigger.js';
import { PostgresTransactions, type TransactionKind } from './postgres-transaction.js';
import { createUniqueFeedId, MIN_UNIQUE_FEED_ID } from './unique-feed-id.js';

const POSTGRES_COLUMN_TYPES: ColumnTypes = {
  text: sql`text collate "C"`,
  integer: 'bigint',
  identity: 'bigint',
  bytes: 'bytea',
  generated: (column) => column.generatedByDefaultAsIdentity(),
  clustered: (table) => table,
  hasColumn: async (db, table, column) => {
    const { rows } =
      await sql`select 1 from pg_attribute where attrelid = to_regclass(${table}) and attname = ${column}`.execute(
        db,
      );
    return rows.length > 0;
  },
  rejectValues: rejectColumnValues,
  addFeedSetId,
};

/**
 * Sets the isolation level READ COMMITTED, because the database can have another default. The first statement of an append locks the feed row.
 * Later statements then see everything that was committed before the lock was acquired.
 */
const BEGIN = 'begin isolation level read committed';
const WRITE: TransactionKind = {
  begin: BEGIN,
  beginsWithFirstStatement: true,
  commit: 'set local synchronous_commit = off; commit',
};
/**
 * Makes the commit wait for the disk, and for the synchronous standbys if there are any. The settings `off`, `local` and `remote_write`
 * wait for less, so a failover could lose the commit; the statement replaces them. The setting `remote_apply` waits for more and is kept.
 * PostgreSQL uses the setting that is valid at the commit.
 */
const DURABLE: TransactionKind = {
  begin: BEGIN,
  beginsWithFirstStatement: true,
  commit:
    "select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') not in ('on', 'remote_apply'); commit",
};
/** The settings of a migration. There is no lock timeout, because a migration waits until another process has finished its migration. */
const MIGRATION: TransactionKind = {
  begin: `${BEGIN}; set local lock_timeout = 0; select from store_lock where name = 'tables' for update`,
  beginsWithFirstStatement: false,
  commit: 'commit',
};
/** The settings of a snapshot. There is no idle timeout, because a copy keeps the snapshot open while it writes the target. */
const SNAPSHOT: TransactionKind = {
  begin: 'begin isolation level repeatable read read only; set local idle_in_transaction_session_timeout = 0',
  beginsWithFirstStatement: false,
  commit: 'commit',
};

/**
 * A row of this table is the lock for migrations. Advisory locks and `lock table` are not used, because some PostgreSQL-compatible
 * databases do not have them.
 */
const CREATE_LOCK_TABLE = `create table if not exists store_lock (name text primary key);
insert into store_lock values ('tables') on conflict do nothing`;

/** The length of the request in the order of the health check, in characters. PostgreSQL keeps a row of this size inside its table. */
const PROBE_REQUEST_LENGTH = 1_500;
/**
 * Takes the locks that an order takes in its tables. The statements change no row, but they wait for locks as the statements of an order
 * do. All statements are in one text, so they need only one round trip.
 */
const LOCK_ORDER_TABLES = `
delete from orders where id = '${HEALTH_CHECK_ORDER_ID}';
delete from order_history where false;
delete from order_days where false;
update feeds set head_seq = head_seq where false;
delete from feed_rows where false`;

const MAX_CREATE_ATTEMPTS = 10;
/**
 * Time in ms after which PostgreSQL ends the transaction of a migration whose process sends nothing, e.g. because its machine was
 * suspended. Afterwards another process can migrate.
 */
const MIGRATION_IDLE_TIMEOUT_MS = 60_000;

/**
 * Opens the connection pools of a store.
 * @param replicas URLs of read-only replicas, which serve pages
 * @throws StoreUnavailableError when the primary does not respond
 * @throws Error when the encoding of the database is not UTF8
 */
export async function openPostgres(
  url: string,
  limits: PoolLimits,
  replicas: readonly string[] = [],
): Promise<DatabaseAdapter> {
  // Reads and writes have separate pools, so that neither has to wait for connections that the other uses.
  const halfLimits = { ...limits, connections: Math.max(1, Math.floor(limits.connections / 2)) };
  const timeouts = toPoolTimeouts(limits.statementTimeoutMs);
  const readPool = new PostgresPool(url, halfLimits.connections, timeouts);
  const writePool = new PostgresPool(url, halfLimits.connections, timeouts);
  const replicaPools = new PostgresReplicaReader(replicas, halfLimits, readPool);
  const pageReader = new PostgresPageReader(replicaPools, replicas.length > 0);
  const createForPurpose = (purpose: ConnectionPurpose) => {
    const reads = new PostgresTransactions(readPool, purpose);
    const writes = new PostgresTransactions(writePool, purpose);
    return {
      reader: createKysely(readPool, purpose),
      transaction: (work) => writes.run(WRITE, work),
      durableTransaction: (work) => writes.run(DURABLE, work),
      readSnapshot: (work) => reads.run(SNAPSHOT, work),
    } satisfies Partial<DatabaseAdapter>;
  };
  const byPurpose = {
    health: createForPurpose('health'),
    orders: createForPurpose('orders'),
    pages: createForPurpose('pages'),
    operator: createForPurpose('operator'),
    other: createForPurpose('other'),
  } satisfies Record<ConnectionPurpose, Partial<DatabaseAdapter>>;
  // The pools are closed directly, because the query builder closes a pool only if it has used the pool.
  const close = async () => {
    await Promise.all([readPool.close(), writePool.close(), replicaPools.close()]);
  };
  try {
    await assertUtf8Encoding(readPool);
  } catch (error) {
    await close();
    throw error;
  }
  const adapter: DatabaseAdapter = {
    ...byPurpose.other,
    forPurpose: (purpose) => ({ ...adapter, ...byPurpose[purpose] }),
    columnTypes: POSTGRES_COLUMN_TYPES,
    changes: new StoreChangeGuard(writePool.redactedUrl),
    findServerIdentity: () => findServerIdentity(readPool),
    onNewConnection: (check) => {
      for (const pool of [readPool, writePool])
        pool.onNewConnection(async (connection) => check(() => readConnectionState(connection)));
    },
    currentTime: sql`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`,
    forUpdate: sql`for update`,
    migrationTransaction: (work) => runMigrationTransaction(url, limits, work),
    // No check is needed, because PostgreSQL verifies its checksums on every read.
    checkIntegrity: async () => undefined,
    probeOrderTables: async (db) => {
      await db.insertInto('orders').values(createHealthCheckOrder(PROBE_REQUEST_LENGTH)).execute();
      await sql.raw(LOCK_ORDER_TABLES).execute(db);
    },
    createFeedId: createUniqueFeedId,
    maxFeedId: Number.MAX_SAFE_INTEGER,
    // Programs of earlier versions take the numbers of new feeds from the sequence.
    resetFeedIdSequence: async (db) => {
      const next = sql`(select coalesce(max(id), 0) + 1 from feeds where id < ${MIN_UNIQUE_FEED_ID})`;
      await sql`select setval(pg_get_serial_sequence('feeds', 'id'), ${next}, false)`.execute(db);
    },
    insertRows: async (db, rows) => {
      if (rows.length > 0) await buildInsert(rows).execute(db);
    },
    appendRows: async (db, writeAtCommit, feedId, rows, changes, totals) => {
      writeAtCommit(buildAppend(feedId, rows, changes, totals).compile(db));
    },
    listColumns: async (db, tables) =>
      (
        await sql<TableColumn>`
          select t.name as "table", n.nspname as "schema", a.attname as "column"
            from unnest(${tables}::text[]) as t (name)
            join pg_class c on c.oid = to_regclass(t.name)
            join pg_namespace n on n.oid = c.relnamespace
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`.execute(db)
      ).rows,
    rowsTable: (columns, rows) => {
      const arrays = columns.map(({ name, type }) => {
        const values = formatArray(rows.map((row) => row[name]));
        return type === 'text' ? sql`${values}::text[]` : sql`${values}::bigint[]`;
      });
      return sql`unnest(${sql.join(arrays)})`;
    },
    // The clause `offset 0` prevents the planner from choosing another kind of join.
    lookupJoin: (table, alias, columns) =>
      sql`cross join lateral (
        select * from ${sql.table(table)} where ${buildJoinCondition(table, columns)} offset 0) as ${sql.ref(alias)}`,
    jsonArrayFunction: sql`json_agg`,
    inArray: (column, values) => sql<SqlBool>`${sql.ref(column)} = any(${values})`,
    useIndex: () => sql``,
    updateStatistics: async (tables) => {
      await writePool.query(`analyze ${tables.join(', ')}`, []);
    },
    rowPosition: sql<number>`seq`,
    isRowAfter: (feedId, seq) => sql<SqlBool>`feed_id = ${feedId} and seq > ${seq}`,
    readPage: (feed, from, skipped, count) => pageReader.read(feed, from, skipped, count),
    close,
  };
  return adapter;
}

/**
 * Builds one statement that inserts rows and updates the feed and its sums. One statement takes less processor time than three, because the
 * server and the driver process each statement separately.
 */
function buildAppend(
  feedId: number,
  rows: readonly FeedRowTable[],
  changes: FeedUpdate,
  totals: readonly AccountTotalRow[],
): RawBuilder<unknown> {
  const columns = Object.entries(changes).map(([column, value]) => sql`${sql.ref(column)} = ${value}`);
  const writeTotals = buildTotalsInsert(feedId, totals);
  if (columns.length === 0) return writeTotals;
  const parts = [
    ...(rows.length > 0 ? [sql`appended as (${buildInsert(rows)})`] : []),
    ...(totals.length > 0 ? [sql`summed as (${writeTotals})`] : []),
  ];
  const update = sql`update feeds set ${sql.join(columns)} where id = ${feedId}`;
  return parts.length > 0 ? sql`with ${sql.join(parts)} ${update}` : update;
}

function buildTotalsInsert(feedId: number, totals: readonly AccountTotalRow[]): RawBuilder<unknown> {
  const column = (name: keyof AccountTotalRow) => totals.map((row) => row[name]);
  return sql`
    insert into account_sums (feed_id, account_id, asset, total, after_suspect)
    select ${feedId}::bigint, sums.* from unnest(
      ${column('account_id')}::text[], ${column('asset')}::text[], ${column('total')}::text[],
      ${column('after_suspect')}::text[]) as sums
    on conflict (feed_id, account_id, asset)
    do update set total = excluded.total, after_suspect = excluded.after_suspect`;
}

/**
 * The character that separates the bodies in `buildInsert`. JSON never contains this character, because JSON escapes control characters.
 */
const BODY_SEPARATOR = '\u001f';

/**
 * Builds one statement that inserts all rows, with one parameter for each column. The bodies are joined into one string. If they were sent
 * as an array, the driver would escape every quote and the server would unescape it, which takes a fifth of the time of an append.
 */
function buildInsert(rows: readonly FeedRowTable[]): RawBuilder<unknown> {
  const column = <K extends keyof FeedRowTable>(name: K) => rows.map((row) => row[name]);
  return sql`
    insert into feed_rows (feed_id, seq, feed_time, record_id, hash, body)
    select * from unnest(
      ${column('feed_id')}::bigint[], ${column('seq')}::bigint[], ${column('feed_time')}::bigint[],
      ${column('record_id')}::text[], ${column('hash')}::bytea[],
      string_to_array(${column('body').join(BODY_SEPARATOR)}::text, ${BODY_SEPARATOR}::text))`;
}

/**
 * Runs a migration on a separate connection, because neither the server nor the driver may end a long statement of a migration. A long
 * statement is an update of all orders, an index over a long feed, or the wait for another process that migrates.
 */
async function runMigrationTransaction<T>(
  url: string,
  { statementTimeoutMs }: PoolLimits,
  work: TransactionCallback<T>,
): Promise<T> {
  const pool = new PostgresPool(url, 1, {
    connectMs: statementTimeoutMs,
    statementMs: undefined,
    idleTransactionMs: MIGRATION_IDLE_TIMEOUT_MS,
  });
  try {
    await createLockTable(pool);
    return await new PostgresTransactions(pool, 'other').run(MIGRATION, work);
  } finally {
    await pool.close();
  }
}

/**
 * Creates the table of the migration lock. If two sessions create the table at the same time, one of them fails despite `if not exists`.
 * Its next attempt succeeds.
 */
async function createLockTable(pool: PostgresPool): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await pool.query(CREATE_LOCK_TABLE, []);
      return;
    } catch (error) {
      if (!isConcurrentCreate(error) || attempt === MAX_CREATE_ATTEMPTS) throw error;
    }
  }
}

async function assertUtf8Encoding(pool: PostgresPool): Promise<void> {
  const [row] = await pool.query<{ server_encoding: string }>('show server_encoding', []);
  if (row?.server_encoding === 'UTF8') return;
  throw new Error(
    `the database is encoded in ${row?.server_encoding}, expected UTF8; create one with: create database tributary encoding 'UTF8' template template0`,
  );
}
