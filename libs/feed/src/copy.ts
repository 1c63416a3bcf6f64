/** A deployment moves from one database to another: every table as it is, feed times, numbers and cursors included. */
import { createHash } from 'node:crypto';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Dialect } from './dialect.js';
import { refuseLeased, refuseOpenElsewhere } from './in-use.js';
import { openTables, refuseMissing, shownLocation, type StoreLocation } from './open.js';
import type { FeedRowTable, Schema } from './schema.js';

/** Rows that are in memory at a time. */
const BATCH = 1000;

/** What readers were told a minute ago need not move. */
type TableName = Exclude<keyof Schema, 'migrations' | 'last_pages'>;
type Row = Readonly<Record<string, unknown>>;

/** In which order rows are read: by a key, so that each batch begins where the last one ended. */
const KEYS: Readonly<Record<TableName, readonly string[]>> = {
  feeds: ['id'],
  // The same order as by `seq`, and one that every database has an index for.
  feed_rows: ['feed_id', 'feed_time'],
  balances: ['connector', 'account_id'],
  quarantine: ['feed_id', 'kind', 'record_id'],
  // Nothing keeps two runs of a stream from beginning in the same millisecond; what differs in nothing else is the same.
  sync_runs: [
    'connector',
    'stream',
    'started_at',
    'duration',
    'pages',
    'records',
    'added',
    'changed',
    'refused',
  ],
  orders: ['id'],
  order_history: ['order_id', 'entry'],
  order_days: ['connector', 'day', 'asset'],
};
const TABLES = Object.keys(KEYS) as TableName[];

export interface TableSummary {
  table: string;
  rows: number;
  /** SHA-256 of all rows in order: equal digests are equal tables, whatever the database. */
  digest: string;
}

/**
 * Copies everything in one transaction: whatever goes wrong, the target stays empty.
 * @throws Error when either store is in use, damaged, or cannot be opened, or the target holds anything
 */
export async function copyStore(
  from: string | StoreLocation,
  to: string | StoreLocation,
  { onProgress = () => undefined, evenIfInUse = false }: CopyOptions = {},
): Promise<void> {
  refuseMissing(from);
  if (!evenIfInUse) for (const location of [from, to]) await refuseOpenElsewhere(location);
  await openTables(from, async (source) => {
    await refuseDamaged(from, source);
    if (!evenIfInUse) await refuseLeased(from, source);
    await openTables(to, (target) => copyTables(source, target, onProgress));
  });
}

type OnProgress = (table: string, rows: number) => void;

export interface CopyOptions {
  /** Told after each batch how many rows of a table have been copied. */
  onProgress?: OnProgress;
  /** Also while a gateway works with one of them: what it writes meanwhile is not copied. */
  evenIfInUse?: boolean;
}

function copyTables(source: Dialect, target: Dialect, onProgress: OnProgress): Promise<void> {
  return source.snapshot((reader) =>
    target.exclusively(async (writer) => {
      await refuseUnlessEmpty(writer);
      for (const table of TABLES) {
        let rows = 0;
        for await (const batch of batches(reader, table)) {
          await insert(target, writer, table, batch);
          onProgress(table, (rows += batch.length));
        }
      }
      await target.continueIdentity(writer, 'feeds', 'id');
    }),
  );
}

/** What a store holds, as of one moment. @throws Error when it is damaged, or cannot be opened */
export async function summarise(location: string | StoreLocation): Promise<TableSummary[]> {
  refuseMissing(location);
  return openTables(location, async (dialect) => {
    await refuseDamaged(location, dialect);
    return dialect.snapshot(async (db) => {
      const summaries: TableSummary[] = [];
      for (const table of TABLES) summaries.push(await summariseTable(db, table));
      return summaries;
    });
  });
}

async function summariseTable(db: Kysely<Schema>, table: TableName): Promise<TableSummary> {
  const digest = createHash('sha256');
  let rows = 0;
  for await (const batch of batches(db, table)) {
    rows += batch.length;
    for (const row of batch) digest.update(canonical(row));
  }
  return { table, rows, digest: digest.digest('hex') };
}

async function refuseDamaged(location: string | StoreLocation, dialect: Dialect): Promise<void> {
  const damage = await dialect.damage();
  if (damage === undefined) return;
  const store = JSON.stringify(shownLocation(location));
  throw new Error(`the store ${store} is damaged (${damage}): put back a backup; nothing was written`);
}

async function* batches(db: Kysely<Schema>, table: TableName): AsyncGenerator<Row[]> {
  const key = sql.join(KEYS[table].map((column) => sql.ref(column)));
  let last: Row | undefined;
  for (;;) {
    const after =
      last === undefined
        ? sql``
        : sql`where (${key}) > (${sql.join(KEYS[table].map((column) => last?.[column]))})`;
    const query = sql<Row>`select ${columnsOf(table)} from ${sql.table(table)} ${after} order by ${key} limit ${BATCH}`;
    const { rows } = await query.execute(db);
    if (rows.length === 0) return;
    yield rows;
    last = rows.at(-1);
  }
}

/** All; but where a row stands in its database is no part of it. */
function columnsOf(table: TableName): RawBuilder<unknown> {
  return table === 'feed_rows' ? sql.raw('feed_id, seq, feed_time, record_id, hash, body') : sql`*`;
}

async function insert(
  dialect: Dialect,
  db: Kysely<Schema>,
  table: TableName,
  rows: readonly Row[],
): Promise<void> {
  if (table === 'feed_rows') return dialect.insertRows(db, rows as unknown as FeedRowTable[]);
  // A statement has at most 32,766 parameters in SQLite, and an order some thirty columns.
  for (let start = 0; start < rows.length; start += 500) {
    await db
      .insertInto(table)
      .values(rows.slice(start, start + 500))
      .execute();
  }
}

async function refuseUnlessEmpty(db: Kysely<Schema>): Promise<void> {
  for (const table of TABLES) {
    const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(db);
    if (rows.length === 0) continue;
    throw new Error(`the target is not empty: its table ${table} has rows; copy into a new, empty store`);
  }
}

/** Columns by name: their order may differ between stores that came to a version in different ways. */
function canonical(row: Row): string {
  const values = Object.keys(row)
    .sort()
    .map((column) => {
      const value = row[column];
      return Buffer.isBuffer(value) ? value.toString('hex') : value;
    });
  return `${JSON.stringify(values)}\n`;
}
