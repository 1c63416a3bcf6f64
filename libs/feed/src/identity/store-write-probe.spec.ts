/** Tests the check whether orders can be stored: which failures it finds, and how often it writes. */
import { sql } from 'kysely';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { openSqlite } from '../database/sqlite/sqlite-adapter.js';
import { openStore, StoreUnavailableError, type Store } from '../index.js';
import { migrate } from '../migrations/migrate.js';
import { SqlStore } from '../store/sql-store.js';
import { runSql } from '../testing/raw-sql.js';
import { POSTGRES_STORE, SQLITE_STORE, STORES, type FreshStore } from '../testing/stores.js';
import { StoreWriteProbe } from './store-write-probe.js';

describe.each(STORES)('a store in $name', (kind) => {
  let fresh: FreshStore;
  let store: Store;

  beforeEach(async () => {
    fresh = await kind.create();
    store = await openStore(fresh.url);
  });

  afterEach(async () => {
    await store.close();
    await fresh.remove();
  });

  it('that can store orders passes, and has no order afterwards', async () => {
    await store.checkWritable();
    expect(await runSql(fresh.url, 'select * from orders')).toEqual([]);
    expect(await store.orders('').find('health-check')).toBeUndefined();
  });

  it('is written once for all checks of a second', async () => {
    const beats = async () => (await runSql(fresh.url, 'select beat from store_identity'))[0]?.['beat'];
    const before = Number(await beats());
    await Promise.all(Array.from({ length: 200 }, () => store.checkWritable()));
    for (let check = 0; check < 200; check++) await store.checkWritable();
    expect(Number(await beats()) - before).toBe(1);
    await sleep(1_100);
    await store.checkWritable();
    expect(Number(await beats()) - before).toBe(2);
  });
});

describe('on PostgreSQL, a store', () => {
  let fresh: FreshStore;
  let store: Store;

  beforeEach(async () => {
    fresh = await POSTGRES_STORE.create();
  });

  afterEach(async () => {
    await store.close();
    await fresh.remove();
  });

  const open = async () => (store = await openStore({ primary: fresh.url, statementTimeoutMs: 500 }));

  it('that is read-only fails', async () => {
    await open();
    const [row] = await runSql(fresh.url, 'select current_database() as name');
    await runSql(fresh.url, `alter database ${String(row?.['name'])} set default_transaction_read_only = on`);
    await runSql(
      fresh.url,
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tributary' and datname = current_database()`,
    );
    await expect(store.checkWritable()).rejects.toThrow(/read-only transaction|terminat/);
    await sleep(1_100);
    await expect(store.checkWritable()).rejects.toThrow('read-only transaction');
  });

  it.each(['orders', 'order_history', 'order_days', 'feeds', 'feed_rows', 'store_identity'])(
    'whose table %s is locked fails',
    async (table) => {
      await open();
      const other = new pg.Client(fresh.url);
      await other.connect();
      await other.query(`begin; lock table ${table} in access exclusive mode`);
      await expect(store.checkWritable()).rejects.toBeInstanceOf(StoreUnavailableError);
      await other.end();
      await sleep(1_100);
      await store.checkWritable();
    },
  );

  it('that has no room for an order fails', async () => {
    await open();
    await runSql(
      fresh.url,
      `create function be_full() returns trigger language plpgsql as $$ begin
         raise exception using errcode = '53100', message = 'could not extend file: No space left on device'; end $$`,
      'create trigger full_disk before insert on orders for each row execute function be_full()',
    );
    await expect(store.checkWritable()).rejects.toThrow('No space left on device');
  });
});

it('a store in SQLite whose file has no room for an order fails, and passes when there is room again', async () => {
  const fresh = await SQLITE_STORE.create();
  const adapter = await openSqlite(fresh.url.slice('sqlite:'.length));
  await migrate(adapter);
  const store = await SqlStore.open(adapter);
  const limitPages = (pages: number) =>
    adapter.transaction((db) => sql`pragma max_page_count = ${sql.lit(pages)}`.execute(db));
  await limitPages(1);
  await expect(store.checkWritable()).rejects.toThrow('database or disk is full');
  await limitPages(4_294_967_294);
  await sleep(1_100);
  await store.checkWritable();
  await store.close();
  await fresh.remove();
});

it('a write that takes longer than 5 s fails the check, and the checks until it ends fail at once', async () => {
  let writes = 0;
  const check = new StoreWriteProbe('the store', () => {
    writes++;
    return new Promise(() => {});
  });
  const began = performance.now();
  await expect(check.check()).rejects.toThrow('the store the store is not available: it has not written');
  expect(performance.now() - began).toBeGreaterThan(4_900);
  await expect(check.check()).rejects.toThrow(StoreUnavailableError);
  expect(performance.now() - began).toBeLessThan(8_000);
  expect(writes).toBe(1);
});

it('a slow write does not delay the checks while the write before it is recent, and fails them after 5 s', async () => {
  let isSlow = false;
  const check = new StoreWriteProbe('the store', () => (isSlow ? new Promise(() => {}) : Promise.resolve()));
  await check.check();
  isSlow = true;
  await sleep(1_100);
  const began = performance.now();
  await check.check();
  expect(performance.now() - began).toBeLessThan(2_000);
  await expect(
    check
      .check()
      .then(() => sleep(3_500))
      .then(() => check.check()),
  ).rejects.toThrow('it has not written within 5000 ms');
}, 15_000);
