/**
 * Tests the query plans of SQLite for the statements that a run repeats for each batch of new rows. If a plan read all stored rows, the cost
 * of a run would grow with the old rows.
 */
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect, type CompiledQuery } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';
import { getCurrentProcess } from '../leases/lease-holder.js';
import { openStore } from '../store/open-store.js';
import { openAdapter } from '../testing/open-adapter.js';
import { SQLITE_STORE, type FreshStore } from '../testing/stores.js';
import { createItemRepository } from './item-repository.js';
import { createSourceRepository } from './source-repository.js';

const LEASE_MS = 60_000;

let fresh: FreshStore;
let file: Database.Database;
let adapter: DatabaseAdapter;
let queries: CompiledQuery[];

beforeEach(async () => {
  fresh = await SQLITE_STORE.createMigrated();
  const store = await openStore(fresh.url);
  const lease = await (await store.feed('bank', 'transactions')).acquireLease(getCurrentProcess(), LEASE_MS);
  await lease!.release();
  await store.close();
  adapter = await openAdapter(fresh.url);
  file = new Database(fresh.url.slice('sqlite:'.length));
  queries = [];
});
afterEach(async () => {
  file.close();
  await adapter.close();
  await fresh.remove();
});

/** Returns the adapter with a reader that records its statements. */
function recordQueries(): DatabaseAdapter {
  const reader = new Kysely<Schema>({
    dialect: new SqliteDialect({ database: file }),
    log: ({ query }) => void queries.push(query),
  });
  return { ...adapter, reader };
}

/** Returns the steps of the plan of the last recorded statement. */
function explainLast(): string[] {
  const { sql, parameters } = queries.at(-1)!;
  const steps = file.prepare(`explain query plan ${sql}`).all(...parameters) as { detail: string }[];
  return steps.map(({ detail }) => detail);
}

it('finds the keys of items by the index of the numbers', async () => {
  await createItemRepository(recordQueries()).findKeys('p', [1, 2]);
  expect(explainLast()).toContain(
    'SEARCH reconciliation_keys USING COVERING INDEX reconciliation_keys_by_number (policy_id=? AND number=?)',
  );
});

it('finds the items of records by the index of the records', async () => {
  await createItemRepository(recordQueries()).findItemsOfRecords('p', 'psp', 'bank', ['a', 'b']);
  expect(explainLast()).toContain(
    'SEARCH reconciliation_items USING INDEX reconciliation_items_by_record (policy_id=? AND side=? AND source=? AND record_id=?)',
  );
});

it('reads the rows of a feed in the sequence of the table, without sorting', async () => {
  await createSourceRepository(recordQueries()).readFeedRows('bank', 5, 1000);
  expect(explainLast()).toEqual(['SEARCH feed_rows USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)']);
});
