/** A deployment moves from one database to another: every table as it is, feed times, numbers and cursors included. */
import { createHash } from 'node:crypto';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Dialect } from './dialect.js';
import { openTables, refuseMissing, type StoreLocation } from './open.js';
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
 * @param onProgress told after each batch how many rows of a table have been copied
 * @throws Error when the target holds anything, or either store cannot be opened
 */
export async function copyStore(
  from: string | StoreLocation,
  to: string | StoreLocation,
  onProgress: (table: string, rows: number) => void = () => undefined,
): Promise<void> {
  refuseMissing(from);
  await openTables(from, (source) =>
    openTables(to, (target) =>
      source.snapshot((reader) =>
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
      ),
    ),
  );
}

/** What a store holds, as of one moment. @throws Error when it cannot be opened */
export async function summarise(location: string | StoreLocation): Promise<TableSummary[]> {
  refuseMissing(location);
  return openTables(location, (dialect) =>
    dialect.snapshot(async (db) => {
      const summaries: TableSummary[] = [];
      for (const table of TABLES) {
        const digest = createHash('sha256');
        let rows = 0;
        for await (const batch of batches(db, table)) {
          rows += batch.length;
          for (const row of batch) digest.update(canonical(row));
        }
        summaries.push({ table, rows, digest: digest.digest('hex') });
      }
      return summaries;
    }),
  );
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
