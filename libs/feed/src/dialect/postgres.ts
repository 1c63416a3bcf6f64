/** PostgreSQL 15 and later: many gateways share one store. */
import type { PageBody } from '@tributary/connector-api';
import {
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  type RawBuilder,
  type SqlBool,
} from 'kysely';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ColumnTypes, Dialect, Work } from '../dialect.js';
import type { FeedRowTable, Schema } from '../schema.js';
import { isConflict, isRaceOfCreation } from './postgres-errors.js';
import { PostgresDriver, PostgresPool, type PoolLimits } from './postgres-pool.js';
import { PostgresReplicas } from './postgres-replicas.js';
import { inTransaction } from './transaction.js';

const POSTGRES_TYPES: ColumnTypes = {
  text: sql`text collate "C"`,
  integer: 'bigint',
  identity: 'bigint',
  bytes: 'bytea',
  generated: (column) => column.generatedByDefaultAsIdentity(),
  clustered: (table) => table,
};

/**
 * Read committed, whatever the database's default: the first statement of an append waits for the feed's row, and what it and
 * all later ones see is what was committed when their wait was over.
 */
const BEGIN = 'begin isolation level read committed';
const BEGIN_WRITE = `${BEGIN}; set local synchronous_commit = off`;
/** Only `off` is weaker than what we need; a server that is set to wait for its replicas shall do so. */
const BEGIN_DURABLY = `${BEGIN}; select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off'`;
/** Building an index over a long feed takes what it takes. */
const BEGIN_EXCLUSIVELY = `${BEGIN}; set local statement_timeout = 0; select from store_lock where name = 'tables' for update`;

const BEGIN_SNAPSHOT =
  'begin isolation level repeatable read read only; set local idle_in_transaction_session_timeout = 0';

/** A row, because not every PostgreSQL has advisory locks or `lock table`; all have this. */
const CREATE_LOCK = `create table if not exists store_lock (name text primary key);
insert into store_lock values ('tables') on conflict do nothing`;

/** Behind `limit`, the rows come from the index of the primary key, in order, whatever the planner thinks of a feed's length. */
const PAGE = `
with first as materialized (
  select seq from feed_rows where feed_id = $1 and feed_time >= $2 order by feed_time limit 1
)
select count(*) as rows, '[' || coalesce(string_agg(body, ',' order by seq), '') || ']' as body
  from (
    select seq, body from feed_rows
     where feed_id = $1 and seq >= (select seq from first) + $3
     order by seq limit $4
  ) as page`;

const MOST_ATTEMPTS = 10;

/**
 * @param replicas URLs of read-only copies, for pages
 * @throws StoreUnavailableError when nobody answers there
 */
export async function openPostgres(
  url: string,
  limits: PoolLimits,
  replicas: readonly string[] = [],
): Promise<Dialect> {
  // Requests must not wait behind a sync of many streams, nor the other way round.
  const half = { ...limits, connections: Math.max(1, Math.floor(limits.connections / 2)) };
  const reads = new PostgresPool(url, half);
  const writes = new PostgresPool(url, half);
  const pages = new PostgresReplicas(replicas, half, reads);
  const reader = kyselyOver(reads);
  const writer = kyselyOver(writes);
  // By ourselves: the query builder closes only what it has used.
  const close = async () => {
    await Promise.all([reads.close(), writes.close(), pages.close()]);
  };
  try {
    await checkEncoding(reads);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    types: POSTGRES_TYPES,
    reader,
    time: sql`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`,
    forUpdate: sql`for update`,
    write: (work) => repeatedly(writer, BEGIN_WRITE, work),
    durably: (work) => repeatedly(writer, BEGIN_DURABLY, work),
    exclusively: async (work) => {
      await createLock(writes);
      return repeatedly(writer, BEGIN_EXCLUSIVELY, work);
    },
    // Its checksums are checked by whoever reads.
    damage: async () => undefined,
    hasTable: async (name) => {
      const [row] = await reads.query<{ found: boolean }>('select to_regclass($1) is not null as found', [
        name,
      ]);
      return row?.found === true;
    },
    // Whoever copies reads for as long as the other side writes.
    snapshot: (work) => repeatedly(reader, BEGIN_SNAPSHOT, work),
    continueIdentity: async (db, table, column) => {
      const next = sql`(select coalesce(max(${sql.ref(column)}), 0) + 1 from ${sql.table(table)})`;
      await sql`select setval(pg_get_serial_sequence(${table}, ${column}), ${next}, false)`.execute(db);
    },
    insertRows: async (db, rows) => {
      if (rows.length > 0) await insertion(rows).execute(db);
    },
    appendRows: async (db, feedId, rows, changes) => {
      const columns = Object.entries(changes).map(([column, value]) => sql`${sql.ref(column)} = ${value}`);
      const update = sql`update feeds set ${sql.join(columns)} where id = ${feedId}`;
      // One way there and back instead of two.
      await (rows.length > 0 ? sql`with appended as (${insertion(rows)}) ${update}` : update).execute(db);
    },
    isOneOf: (column, values) => sql<SqlBool>`${sql.ref(column)} = any(${values})`,
    page: async (feedId, from, skipped, count) => {
      const [page] = await pages.query<PageBody>(PAGE, [feedId, from, skipped, count]);
      return page as PageBody;
    },
    close,
  };
}

function kyselyOver(pool: PostgresPool): Kysely<Schema> {
  return new Kysely<Schema>({
    dialect: {
      createDriver: () => new PostgresDriver(pool),
      createAdapter: () => new PostgresAdapter(),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createIntrospector: (db) => new PostgresIntrospector(db),
    },
  });
}

/** Stands in no JSON: control characters are escaped there. */
const BETWEEN_BODIES = '\u001f';

/**
 * All rows in one statement, a parameter for each column. The bodies are one text: in an array each of their quotes would be escaped
 * here and read again there, which costs a fifth of an append.
 */
function insertion(rows: readonly FeedRowTable[]): RawBuilder<unknown> {
  const column = <K extends keyof FeedRowTable>(name: K) => rows.map((row) => row[name]);
  return sql`
    insert into feed_rows (feed_id, seq, feed_time, record_id, hash, body)
    select * from unnest(
      ${column('feed_id')}::bigint[], ${column('seq')}::bigint[], ${column('feed_time')}::bigint[],
      ${column('record_id')}::text[], ${column('hash')}::bytea[],
      string_to_array(${column('body').join(BETWEEN_BODIES)}::text, ${BETWEEN_BODIES}::text))`;
}

async function repeatedly<T>(db: Kysely<Schema>, begin: string, work: Work<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db
        .connection()
        .execute((connection) => inTransaction(connection, () => sql.raw(begin).execute(connection), work));
    } catch (error) {
      if (!isConflict(error) || attempt === MOST_ATTEMPTS) throw error;
      await sleep(Math.random() * 5 * 2 ** attempt);
    }
  }
}

/** `if not exists` does not keep apart two sessions that create at the same moment: the later one finds it when it looks again. */
async function createLock(pool: PostgresPool): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await pool.query(CREATE_LOCK, []);
      return;
    } catch (error) {
      if (!isRaceOfCreation(error) || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

async function checkEncoding(pool: PostgresPool): Promise<void> {
  const [row] = await pool.query<{ server_encoding: string }>('show server_encoding', []);
  if (row?.server_encoding === 'UTF8') return;
  throw new Error(
    `the database is encoded in ${row?.server_encoding}, expected UTF8; create one with: create database tributary encoding 'UTF8' template template0`,
  );
}
