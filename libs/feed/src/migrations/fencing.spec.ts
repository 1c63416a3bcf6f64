/** Tests that a migration stops the programs of older releases that cannot use the new tables, and that all other programs can continue. */
import { getCurrentProcess, openStore, StoreChangedError } from '../index.js';
import { openAdapter } from '../testing/open-adapter.js';
import { runSql } from '../testing/raw-sql.js';
import { STORES, type FreshStore } from '../testing/stores.js';
import { fenceOldPrograms } from './fence-old-programs.js';
import { migrate } from './migrate.js';
import { MIGRATIONS, SCHEMA_VERSION } from './schema-versions.js';

/** The statements with which every release before version 10 acquires a lease, creates a feed, locks an order, and claims an order. */
const OLD_WRITES = {
  lease: "update feeds set fence = fence + 1, holder = 'old', leased_until = 9 where connector = 'bank'",
  feed: "insert into feeds (connector, stream, head_seq, fence, leased_until) values ('new', 'accounts', 0, 0, 0)",
  change: "update orders set fence = fence where id = 'order-1'",
  order: `insert into orders (id, connector, idempotency_key, psp_key, kind, request, amount, asset, state, details,
    created_at, changed_at, attempts, leased_until, fence, entries)
    values ('order-2', 'bank', 'pi-2', 'key-2', 'PAYOUT', '{}', '1', 'EUR/2', 'received', '{}', 1, 1, 0, 0, 0, 0)`,
};
const ORDER_1 = OLD_WRITES.order
  .replace("'order-2'", "'order-1'")
  .replace('pi-2', 'pi-1')
  .replace('key-2', 'key-1');
const FEED = OLD_WRITES.feed.replace('new', 'bank');

describe.each(STORES)('a $name store', (kind) => {
  let fresh: FreshStore;

  beforeEach(async () => {
    fresh = await kind.create();
  });

  afterEach(() => fresh.remove());

  async function migrateTo(version: number): Promise<void> {
    const adapter = await openAdapter(fresh.url);
    await migrate(adapter, version);
    await adapter.close();
  }

  it.each([5, 7, 9])(
    'of version %d takes no write of a program of that version once it is migrated',
    async (version) => {
      await migrateTo(version);
      await runSql(fresh.url, FEED, ORDER_1);
      for (const write of [OLD_WRITES.lease, OLD_WRITES.change]) await runSql(fresh.url, write);
      await (await openStore(fresh.url)).close();
      for (const [name, write] of Object.entries(OLD_WRITES)) {
        const result = await runSql(fresh.url, write).then(
          () => 'accepted',
          (error: unknown) => String(error),
        );
        expect({ name, result }).toEqual({
          name,
          result: expect.stringContaining('a newer release of Tributary has upgraded this store') as string,
        });
      }
      // Old programs can still read, and get the same pages. The lease that an old program had is free.
      expect(await runSql(fresh.url, 'select holder, leased_until from feeds')).toEqual([
        { holder: null, leased_until: fresh.url.startsWith('sqlite:') ? 0 : '0' },
      ]);
    },
  );

  it('stops the running programs of version 8 and 9, which check the epoch', async () => {
    await migrateTo(9);
    const [before] = await runSql(fresh.url, 'select epoch from store_identity');
    await (await openStore(fresh.url)).close();
    const [after] = await runSql(fresh.url, 'select epoch, min_program_version from store_identity');
    expect([before, after].map((row) => Number(row?.['epoch']))).toEqual([1, 2]);
    expect(Number(after?.['min_program_version'])).toBe(26);
  });

  it.each([11, 12, 13])(
    'that skips versions up to %d names the oldest program that its last migration allows',
    async (version) => {
      await migrateTo(9);
      await migrateTo(version);
      const [row] = await runSql(fresh.url, 'select min_program_version from store_identity');
      expect(Number(row?.['min_program_version'])).toBe(MIGRATIONS[version - 1]?.minProgramVersion);
    },
  );

  it('that a newer release upgrades stops this release, if the tables contradict it', async () => {
    const store = await openStore(fresh.url);
    const feed = await store.feed('bank', 'transactions');
    const lease = await feed.acquireLease(getCurrentProcess(), 60_000);
    const adapter = await openAdapter(fresh.url);
    await adapter.migrationTransaction((db) =>
      fenceOldPrograms(db, adapter.columnTypes, SCHEMA_VERSION, SCHEMA_VERSION + 1),
    );
    await adapter.close();
    const page = { records: [], rejected: [], warnings: [], resolvedIds: [], balances: [], cursor: 'c' };
    await expect(lease?.append(page)).rejects.toThrow(StoreChangedError);
    await expect(store.checkWritable()).rejects.toThrow(
      `a newer release has upgraded the tables: it needs programs that know version ${SCHEMA_VERSION + 1}, and this one knows ${SCHEMA_VERSION}`,
    );
    await store.close();
    await runSql(fresh.url, `insert into migrations (version, applied_at) values (${SCHEMA_VERSION + 1}, 1)`);
    await expect(openStore(fresh.url)).rejects.toThrow('it was written by a newer release; start that one');
  });

  it('that a newer release upgrades goes on with this release, if the tables do not contradict it', async () => {
    const store = await openStore(fresh.url);
    await runSql(fresh.url, `insert into migrations (version, applied_at) values (${SCHEMA_VERSION + 1}, 1)`);
    await store.writeHeartbeat();
    await store.close();
    const again = await openStore(fresh.url);
    await again.writeHeartbeat();
    await again.close();
  });
});
