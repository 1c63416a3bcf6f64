/**
 * Tests on PostgreSQL the four failures of a store that could send money twice or show rows to the wrong tenant: an older backup under a
 * running gateway, an upgrade beside old programs, a restored backup, and a second deployment. Each test is a short form of a slower spec,
 * which it names.
 */
import { getCurrentProcess, openStore, startEpochAfterRestore, StoreChangedError } from '../index.js';
import { backUpDatabase, runSql } from '../testing/raw-sql.js';
import { POSTGRES_STORE, type FreshStore } from '../testing/stores.js';
import { appendRecords, createRecord, EMPTY_PAGE_PARTS } from '../testing/test-records.js';

describe('on PostgreSQL', () => {
  let fresh: FreshStore;

  beforeEach(async () => {
    fresh = await POSTGRES_STORE.createMigrated();
  });

  afterEach(() => fresh.remove());

  // The long form is `store-changed.spec.ts`.
  it('after an older backup was put back, a running gateway neither reads nor writes the feed that has its number now', async () => {
    const store = await openStore(fresh.url);
    const feed = await store.feed('acme/bank', 'transactions');
    await appendRecords(feed, 'a1');
    const lease = await feed.acquireLease(getCurrentProcess(), 60_000);
    await runSql(fresh.url, "update feeds set connector = 'other/bank' where connector = 'acme/bank'");
    const page = { ...EMPTY_PAGE_PARTS, records: [createRecord('a2')], cursor: 'c' };
    await expect(lease?.append(page)).rejects.toThrow(StoreChangedError);
    await expect((async () => feed.readPage(undefined, 1, 100))()).rejects.toThrow(StoreChangedError);
    await store.close();
    expect(await runSql(fresh.url, 'select record_id from feed_rows')).toEqual([{ record_id: 'a1' }]);
  });

  // The long forms are `../migrations/fencing.spec.ts` and `test/upgrade/old-and-new.spec.ts`.
  it('after an upgrade, a program of an older release can neither acquire a lease nor store a row or an order', async () => {
    const store = await openStore(fresh.url);
    await appendRecords(await store.feed('bank', 'transactions'), 'a1');
    await store.close();
    for (const write of [
      "update feeds set fence = 1, holder = 'old', leased_until = 9",
      "insert into feeds (connector, stream, head_seq, fence, leased_until) values ('new', 'accounts', 0, 0, 0)",
      `insert into orders (id, connector, idempotency_key, psp_key, kind, request, amount, asset, state, details,
         created_at, changed_at, attempts, leased_until, fence, entries)
       values ('order-1', 'bank', 'pi-1', 'key-1', 'PAYOUT', '{}', '1', 'EUR/2', 'received', '{}', 1, 1, 0, 0, 0, 0)`,
    ])
      await expect(runSql(fresh.url, write)).rejects.toThrow(
        'a newer release of Tributary has upgraded this store',
      );
  });

  // The long form is `store-changed.spec.ts`.
  it('after a restore, a reader gets every version that the backup lacks, also one below its position', async () => {
    await appendToStore('a1');
    const putBack = await backUpDatabase(fresh.url);
    const position = await appendToStore('late', 'a2');
    await putBack();
    await startEpochAfterRestore(fresh.url);
    await appendToStore('late', 'a2', 'later');
    const store = await openStore(fresh.url);
    const { body } = await (await store.feed('bank', 'transactions')).readPage(position, 1, 100);
    await store.close();
    expect((JSON.parse(body.toString()) as { id: string }[]).map(({ id }) => id)).toEqual([
      'late',
      'a2',
      'later',
    ]);
  });

  // The long form is `test/gateway/second-deployment.spec.ts`.
  it('a second deployment cannot register its connectors, and the store stays as it was', async () => {
    const store = await openStore(fresh.url);
    const account = { plugin: 'sandbox', account: undefined };
    await store.registerDeployment({ name: 'first', connectors: [{ path: 'bank', ...account }] });
    for (const name of ['second', undefined])
      await expect(
        store.registerDeployment({ name, connectors: [{ path: 'other', ...account }] }),
      ).rejects.toThrow('the store belongs to the deployment "first"');
    await store.close();
    expect(await runSql(fresh.url, 'select connector from connectors')).toEqual([{ connector: 'bank' }]);
  });

  /** Appends records to the feed `bank/transactions`. @returns the feed time of the last row */
  async function appendToStore(...ids: string[]): Promise<number> {
    const store = await openStore(fresh.url);
    const feed = await store.feed('bank', 'transactions');
    await appendRecords(feed, ...ids);
    const { feedTime = 0 } = await feed.head();
    await store.close();
    return feedTime;
  }
});
