/**
 * Opens stores that were written by programs of older schema versions, and checks that no content is lost or changed.
 * `fixtures/version-N.sql` is the dump of a SQLite store after a pull from a simulated PSP. If the version already has orders, the store
 * also contains three payouts.
 */
import { serializeTransaction } from '@tributary/connector-api';
import Database from 'better-sqlite3';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../index.js';
import { getCurrentProcess } from '../leases/lease-holder.js';
import { runSql } from '../testing/raw-sql.js';
import { SQLITE_STORE, type FreshStore } from '../testing/stores.js';
import { SCHEMA_VERSION } from './schema-versions.js';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const VERSIONS = readdirSync(FIXTURES)
  .filter((file) => file.endsWith('.sql'))
  .map((file) => ({ file, version: Number(/\d+/.exec(file)?.[0]) }));

type Row = Record<string, unknown>;
type Content = Map<string, Row[]>;

/** The present name of each renamed column, by its old name. */
const RENAMED_COLUMNS: Readonly<Record<string, string>> = { fence: 'fencing_token' };
/** The tables whose content a migration, or the start of a program, changes on purpose. */
const CHANGED_TABLES: readonly string[] = ['migrations', 'sqlite_sequence', 'store_identity'];
const CHANGED_COLUMNS: readonly string[] = ['published', 'holder', 'leased_until', 'fencing_token'];

function readContent(file: string): Content {
  const db = new Database(file, { readonly: true });
  const tables = db.prepare("select name from sqlite_master where type = 'table'").pluck().all() as string[];
  const content = tables
    .filter((table) => !CHANGED_TABLES.includes(table))
    .map((table) => [table, db.prepare(`select * from "${table}"`).all() as Row[]] as const);
  db.close();
  return new Map(content);
}

/** Returns the rows with only those columns that both versions have and whose content must not change. */
function keepColumns(rows: readonly Row[], columns: ReadonlySet<string>): string[] {
  return rows
    .map((row) => {
      const entries = Object.entries(row)
        .map(([name, value]) => [RENAMED_COLUMNS[name] ?? name, value] as const)
        .filter(([name, value]) => columns.has(name) && value !== undefined);
      return JSON.stringify(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)));
    })
    .toSorted();
}

function listSharedColumns(before: readonly Row[], after: readonly Row[]): Set<string> {
  const names = Object.keys(before[0] ?? {}).map((name) => RENAMED_COLUMNS[name] ?? name);
  const current = new Set(Object.keys(after[0] ?? {}));
  return new Set(names.filter((name) => current.has(name) && !CHANGED_COLUMNS.includes(name)));
}

/** Creates a SQLite store from a dump. */
async function createStoreFrom(file: string): Promise<FreshStore> {
  const fresh = await SQLITE_STORE.create();
  const db = new Database(fresh.url.slice('sqlite:'.length));
  db.exec(readFileSync(join(FIXTURES, file), 'utf8'));
  db.close();
  return fresh;
}

describe.each(VERSIONS)('a store that a program of version $version wrote', ({ version, file }) => {
  let fresh: FreshStore;
  let path: string;
  let before: Content;

  beforeAll(async () => {
    fresh = await createStoreFrom(file);
    path = fresh.url.slice('sqlite:'.length);
    before = readContent(path);
    await (await openStore(fresh.url)).close();
  });

  afterAll(() => fresh.remove());

  it('has its version, and content to compare', () => {
    const db = new Database(path, { readonly: true });
    expect(db.prepare('select max(version) from migrations').pluck().get()).toBe(SCHEMA_VERSION);
    db.close();
    expect(before.get('feed_rows')?.length).toBeGreaterThan(5);
    expect(before.get('orders')?.length ?? 0).toBe(version === 1 ? 0 : 3);
  });

  it('has the same rows in every table', () => {
    const after = readContent(path);
    for (const [table, rows] of before) {
      const current = after.get(table) ?? [];
      const columns = listSharedColumns(rows, current);
      const actual = { table, rows: keepColumns(current, columns) };
      expect(actual).toEqual({ table, rows: keepColumns(rows, columns) });
    }
  });

  it('serves the same rows, goes on at its cursors, and repeats the responses of its orders', async () => {
    const store = await openStore(fresh.url);
    for (const { id, connector, stream, cursor } of before.get('feeds') ?? []) {
      const feed = await store.feed(String(connector), stream as 'accounts');
      const bodies = (before.get('feed_rows') ?? []).filter(({ feed_id }) => feed_id === id);
      const inSequence = bodies.toSorted((left, right) => Number(left['seq']) - Number(right['seq']));
      const { body } = await feed.readPage(undefined, 1, 1000);
      expect(body.toString()).toBe(`[${inSequence.map((row) => String(row['body'])).join(',')}]`);
      const lease = await feed.acquireLease(getCurrentProcess(), 60_000);
      expect(lease?.cursor ?? null).toBe(cursor);
      await lease?.release();
    }
    for (const { connector, idempotency_key, answer } of before.get('orders') ?? []) {
      const order = await store.orders(String(connector)).findByIdempotencyKey(String(idempotency_key));
      expect(order?.response ?? null).toBe(answer);
    }
    await store.close();
  });
});

describe('a store of version 6 from a program whose version 6 was another migration', () => {
  let fresh: FreshStore;

  beforeEach(async () => {
    fresh = await createStoreFrom('unreleased/version-6-of-another-migration.sql');
  });

  afterEach(() => fresh.remove());

  it('is refused, and nothing is changed', async () => {
    const content = readContent(fresh.url.slice('sqlite:'.length));
    await expect(openStore(fresh.url)).rejects.toThrow(
      'this is a store of version 6, but the table feed_rows has no column place, which version 6 adds',
    );
    expect(readContent(fresh.url.slice('sqlite:'.length))).toEqual(content);
  });

  it('is migrated after the repair that the error names', async () => {
    const message = await openStore(fresh.url).then(
      () => 'it was opened',
      (error: Error) => error.message,
    );
    const repair = /run "(.*?)"/.exec(message)?.[1] ?? '';
    await runSql(fresh.url, repair);
    const store = await openStore(fresh.url);
    const feed = await store.feed('bank', 'transactions');
    expect((await feed.readPage(undefined, 1, 100)).rows).toBe((await feed.head()).rows);
    const lease = await feed.acquireLease(getCurrentProcess(), 60_000);
    const record = serializeTransaction({
      ...{ id: 'new', createdAt: '2026-11-28T00:00:00Z', type: 'PAYIN', status: 'SUCCEEDED' },
      amount: { amount: 1n, asset: 'EUR/2' },
    });
    const page = {
      records: [record],
      cursor: 'next',
      rejected: [],
      warnings: [],
      resolvedIds: [],
      balances: [],
    };
    expect(await lease?.append(page)).toMatchObject({ added: 1 });
    await store.close();
  });

  it('is refused with another advice when later migrations ran on it', async () => {
    await runSql(fresh.url, 'insert into migrations values (7, 1)');
    await expect(openStore(fresh.url)).rejects.toThrow(
      'Put back a backup from before version 6, and start this release with it',
    );
  });
});
