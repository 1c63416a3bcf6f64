/** Tests two migrations on PostgreSQL. The first takes longer than the statement timeout of the gateways. The second is interrupted. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore, type Store } from '../index.js';
import { openAdapter } from '../testing/open-adapter.js';
import { runSql } from '../testing/raw-sql.js';
import { POSTGRES_STORE, type FreshStore } from '../testing/stores.js';
import { migrate } from './migrate.js';
import { SCHEMA_VERSION } from './schema-versions.js';

/** The number of orders is limited, because 400,000 orders would take about a minute. */
const ORDERS = 100_000;
/** The version before migration 0007, which changes all returned orders. */
const OLD_VERSION = 6;
/** The statement timeout of the gateways. In the previous release, the driver ended a statement one second after this timeout. */
const STATEMENT_TIMEOUT_MS = 500;

async function createOldStore(url: string): Promise<void> {
  const adapter = await openAdapter(url);
  await migrate(adapter, OLD_VERSION);
  await adapter.close();
}

async function insertReturnedOrders(url: string, count: number): Promise<void> {
  await runSql(
    url,
    `insert into orders (id, connector, idempotency_key, psp_key, kind, request, amount, asset, state, details, created_at, changed_at,
       published, attempts, leased_until, fence, entries)
     select 'order-' || n, 'bank', 'pi-' || n, 'key-' || n, 'PAYOUT', '{}', '100', 'EUR/2', 'returned', '{}', 1, 1, 'SUCCEEDED', 1, 0, 1, 0
       from generate_series(1, ${count}) as n`,
  );
}

async function slowDownUpdates(url: string, seconds: number): Promise<void> {
  await runSql(
    url,
    `create function wait_long() returns trigger language plpgsql as 'begin perform pg_sleep(${seconds}); return null; end'`,
    'create trigger slow before update on orders for each statement execute function wait_long()',
  );
}

async function countByPublished(url: string): Promise<Record<string, unknown>[]> {
  return runSql(
    url,
    'select published, count(*)::int as orders from orders group by published order by published',
  );
}

/** Ends the session that updates orders, so that its batch is rolled back. */
async function killRunningBatch(url: string): Promise<void> {
  let sessions: unknown[] = [];
  while (sessions.length === 0) {
    sessions = await runSql(
      url,
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and query like 'update "orders"%' and state = 'active'`,
    );
  }
}

describe('on PostgreSQL, tables of an older release', () => {
  let fresh: FreshStore;
  let store: Store | undefined;
  let messages: string[];

  const open = async (onProgress: (message: string) => void = (message) => messages.push(message)) =>
    (store = await openStore(
      { primary: fresh.url, statementTimeoutMs: STATEMENT_TIMEOUT_MS },
      undefined,
      onProgress,
    ));

  beforeEach(async () => {
    fresh = await POSTGRES_STORE.create();
    messages = [];
    store = undefined;
    await createOldStore(fresh.url);
  });

  afterEach(async () => {
    await store?.close();
    await fresh.remove();
  });

  it('with many returned orders are migrated with progress; after an interruption the next process goes on', async () => {
    await insertReturnedOrders(fresh.url, ORDERS);
    let killed: Promise<void> | undefined;
    const killSession = (message: string) => {
      messages.push(message);
      if (message.startsWith('version 7 of')) killed ??= killRunningBatch(fresh.url);
    };
    await expect(open(killSession)).rejects.toMatchObject({ name: 'StoreOpenError', isTransient: true });
    await killed;
    const first = messages.filter((message) => message.startsWith('version 7'));
    expect(first[0]).toBe(`version 7 of ${SCHEMA_VERSION}: 10000 of ${ORDERS} returned orders are migrated`);
    expect(await countByPublished(fresh.url)).toEqual([
      { published: 'RETURNED', orders: first.length * 10_000 },
      { published: 'SUCCEEDED', orders: ORDERS - first.length * 10_000 },
    ]);

    messages = [];
    await open();
    const left = ORDERS - first.length * 10_000;
    expect(messages[0]).toBe(`the tables have version 6 and are brought to version ${SCHEMA_VERSION}`);
    expect(messages[1]).toBe(`version 7 of ${SCHEMA_VERSION}: 10000 of ${left} returned orders are migrated`);
    expect(messages.at(-1)).toBe(
      `version 7 of ${SCHEMA_VERSION}: ${left} of ${left} returned orders are migrated`,
    );
    expect(await countByPublished(fresh.url)).toEqual([{ published: 'RETURNED', orders: ORDERS }]);
  }, 240_000);

  it('that one statement changes for longer than the timeouts of server and driver are migrated', async () => {
    await insertReturnedOrders(fresh.url, 1);
    await slowDownUpdates(fresh.url, 2.5);
    await open();
    expect(await countByPublished(fresh.url)).toEqual([{ published: 'RETURNED', orders: 1 }]);
  });

  it('that another process migrates are waited for, with a message', async () => {
    await insertReturnedOrders(fresh.url, 1);
    await slowDownUpdates(fresh.url, 7);
    const first = openStore({ primary: fresh.url, statementTimeoutMs: STATEMENT_TIMEOUT_MS });
    await sleep(500);
    await open();
    await (await first).close();
    expect(messages).toContain('another process migrates the tables; waiting until it has finished');
    expect(await countByPublished(fresh.url)).toEqual([{ published: 'RETURNED', orders: 1 }]);
  });
});
