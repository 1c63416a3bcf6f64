/**
 * Copies a store to another database. All tables stay identical, including feed times, sequence numbers and cursors. Only the numbers of feeds
 * change if they are too large for the target: then the feeds are numbered from 1, in the sequence of their former numbers.
 */
import { createHash } from 'node:crypto';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import { assertNotLeased, assertNotOpenElsewhere } from './assert-not-in-use.js';
import { SORT_KEYS } from './sort-keys.js';
import { withDatabase, assertStoreExists, redactLocation, type StoreLocation } from '../store/open-store.js';
import type { FeedRowTable, Schema } from '../database/schema.js';

/** The number of rows that are read and kept in memory at a time. */
const BATCH_ROWS = 1000;

type TableName = keyof typeof SORT_KEYS;
type Row = Readonly<Record<string, unknown>>;

const TABLE_NAMES = Object.keys(SORT_KEYS) as TableName[];

export interface TableSummary {
  table: string;
  rows: number;
  /** The SHA-256 of all rows in sorted sequence. Two tables with the same digest are equal except for the numbers of feeds, also in different kinds of database. */
  digest: string;
}

/**
 * Copies all tables in one transaction. If the copy fails, the target stays empty.
 * @throws Error when a store is in use or cannot be opened, when the source is damaged, or when the target is not empty
 */
export async function copyStore(
  from: string | StoreLocation,
  to: string | StoreLocation,
  { onProgress = () => undefined, evenIfInUse = false }: CopyOptions = {},
): Promise<void> {
  assertStoreExists(from);
  if (!evenIfInUse) for (const location of [from, to]) await assertNotOpenElsewhere(location);
  await withDatabase(from, async (source) => {
    await assertNotDamaged(from, source);
    if (!evenIfInUse) await assertNotLeased(from, source);
    await withDatabase(to, (target) => copyTables(source, target, onProgress));
  });
}

type OnProgress = (table: string, rows: number) => void;

export interface CopyOptions {
  /** Called after each batch with the number of rows of the table that were copied so far. */
  onProgress?: OnProgress;
  /** True if the stores are copied even while a gateway uses one of them. Data that the gateway writes during the copy is not copied. */
  evenIfInUse?: boolean;
}

function copyTables(source: DatabaseAdapter, target: DatabaseAdapter, onProgress: OnProgress): Promise<void> {
  return source.readSnapshot((reader) =>
    target.migrationTransaction(async (writer) => {
      await assertEmpty(writer);
      const feedIds = await chooseFeedIds(reader, target.maxFeedId);
      for (const table of TABLE_NAMES) {
        let rows = 0;
        for await (const batch of readBatches(reader, table, feedIds)) {
          await insertBatch(target, writer, table, batch);
          onProgress(table, (rows += batch.length));
        }
      }
      await target.resetFeedIdSequence(writer);
      await copyHistory(reader, writer);
    }),
  );
}

/** The number of each feed in the target, by its number in the source. */
type FeedIds = ReadonlyMap<unknown, number>;

async function chooseFeedIds(reader: Kysely<Schema>, maxFeedId: number): Promise<FeedIds> {
  const ranks = await rankFeeds(reader);
  const ids = [...ranks.keys()] as number[];
  return ids.every((id) => id <= maxFeedId) ? new Map(ids.map((id) => [id, id])) : ranks;
}

/** Numbers the feeds from 1, in the sequence of their present numbers. Tables that are sorted by the feed stay in the same sequence. */
async function rankFeeds(reader: Kysely<Schema>): Promise<FeedIds> {
  const feeds = await reader.selectFrom('feeds').select('id').orderBy('id').execute();
  return new Map(feeds.map(({ id }, index) => [id, index + 1]));
}

/**
 * Returns the row count and the digest of every table. All tables are read from one snapshot.
 * @throws Error when the store is damaged or cannot be opened
 */
export async function summarizeStore(location: string | StoreLocation): Promise<TableSummary[]> {
  assertStoreExists(location);
  return withDatabase(location, async (adapter) => {
    await assertNotDamaged(location, adapter);
    return adapter.readSnapshot(async (db) => {
      const summaries: TableSummary[] = [];
      // A copy can have other numbers of feeds, so the digest contains the rank of a feed instead of its number.
      const ranks = await rankFeeds(db);
      for (const table of TABLE_NAMES) summaries.push(await summarizeTable(db, table, ranks));
      return summaries;
    });
  });
}

async function summarizeTable(db: Kysely<Schema>, table: TableName, ranks: FeedIds): Promise<TableSummary> {
  const digest = createHash('sha256');
  let rows = 0;
  for await (const batch of readBatches(db, table, ranks)) {
    rows += batch.length;
    for (const row of batch) digest.update(serializeRow(row));
  }
  return { table, rows, digest: digest.digest('hex') };
}

async function assertNotDamaged(location: string | StoreLocation, adapter: DatabaseAdapter): Promise<void> {
  const problem = await adapter.checkIntegrity();
  if (problem === undefined) return;
  const store = JSON.stringify(redactLocation(location));
  throw new Error(`the store ${store} is damaged (${problem}): put back a backup; nothing was written`);
}

/** Reads a table in the sequence of its sort key, and replaces the numbers of feeds. */
async function* readBatches(db: Kysely<Schema>, table: TableName, feedIds: FeedIds): AsyncGenerator<Row[]> {
  const key = sql.join(SORT_KEYS[table].map((column) => sql.ref(column)));
  const feedColumn = table === 'feeds' ? 'id' : 'feed_id';
  let last: Row | undefined;
  for (;;) {
    const after =
      last === undefined
        ? sql``
        : sql`where (${key}) > (${sql.join(SORT_KEYS[table].map((column) => last?.[column]))})`;
    const query = sql<Row>`select ${portableColumns(table)} from ${sql.table(table)} ${after} order by ${key} limit ${BATCH_ROWS}`;
    const { rows } = await query.execute(db);
    if (rows.length === 0) return;
    last = rows.at(-1);
    yield rows.map((row) => {
      const feedId = feedIds.get(row[feedColumn]);
      return feedId === undefined || feedId === row[feedColumn] ? row : { ...row, [feedColumn]: feedId };
    });
  }
}

/** Returns the columns to copy. The row key is left out, because it exists only in SQLite. */
function portableColumns(table: TableName): RawBuilder<unknown> {
  return table === 'feed_rows' ? sql.raw('feed_id, seq, feed_time, record_id, hash, body') : sql`*`;
}

async function insertBatch(
  adapter: DatabaseAdapter,
  db: Kysely<Schema>,
  table: TableName,
  rows: readonly Row[],
): Promise<void> {
  if (table === 'feed_rows') return adapter.insertRows(db, rows as unknown as FeedRowTable[]);
  // SQLite allows 32,766 parameters in a statement, and an order has about thirty columns.
  for (let start = 0; start < rows.length; start += 500) {
    await db
      .insertInto(table)
      .values(rows.slice(start, start + 500))
      .execute();
  }
}

/**
 * Copies the history of restores and the deployment of the source. The copy keeps an identity of its own, so that a gateway never confuses
 * it with the source.
 */
async function copyHistory(reader: Kysely<Schema>, writer: Kysely<Schema>): Promise<void> {
  const history = await reader
    .selectFrom('store_identity')
    .select(['beat_at', 'loss_found', 'min_feed_time', 'restored_at', 'backup_at', 'deployment'])
    .executeTakeFirst();
  if (history) await writer.updateTable('store_identity').set(history).execute();
}

async function assertEmpty(db: Kysely<Schema>): Promise<void> {
  for (const table of TABLE_NAMES) {
    const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(db);
    if (rows.length === 0) continue;
    throw new Error(`the target is not empty: its table ${table} has rows; copy into a new, empty store`);
  }
}

/**
 * Serializes a row with its columns sorted by name, because the sequence of the columns depends on the migrations that the store has run.
 */
function serializeRow(row: Row): string {
  const values = Object.keys(row)
    .sort()
    .map((column) => {
      const value = row[column];
      return Buffer.isBuffer(value) ? value.toString('hex') : value;
    });
  return `${JSON.stringify(values)}\n`;
}
