/** Tests that a store refuses a connector that belongs to another plugin or account. */
import { adoptConnector, currentProcess, openStore, type Store } from '../index.js';
import { STORES, type FreshStore } from '../testing/stores.js';

const MOLLIE = { path: 'bank', plugin: 'mollie', account: 'organisation 1' };

describe.each(STORES)('connectors in $name', (kind) => {
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

  it('are registered once, and further ones later', async () => {
    await store.registerConnectors([MOLLIE]);
    await store.registerConnectors([{ ...MOLLIE, path: 'other' }, MOLLIE]);
    await store.registerConnectors([]);
  });

  it.each([
    [
      'another plugin',
      { ...MOLLIE, plugin: 'sandbox' },
      /bank: the store has mollie .*, the deployment file has sandbox/,
    ],
    ['another account', { ...MOLLIE, account: 'organisation 2' }, /the store has mollie \(organisation 1\)/],
  ])('of %s are refused, and nothing is written', async (_, other, message) => {
    await store.registerConnectors([MOLLIE]);
    await expect(store.registerConnectors([{ ...MOLLIE, path: 'new' }, other])).rejects.toThrow(message);
    await store.registerConnectors([{ ...MOLLIE, path: 'new', plugin: 'sandbox' }]);
  });

  it('get the account when their plugin names it for the first time', async () => {
    await store.registerConnectors([{ ...MOLLIE, account: undefined }]);
    await store.registerConnectors([MOLLIE]);
    await store.registerConnectors([{ ...MOLLIE, account: undefined }]);
    await expect(store.registerConnectors([{ ...MOLLIE, account: 'organisation 2' }])).rejects.toThrow(
      'organisation 1',
    );
  });

  it('are registered by one of two processes that start together with different plugins', async () => {
    const second = await openStore(fresh.url);
    const results = await Promise.allSettled([
      store.registerConnectors([MOLLIE]),
      second.registerConnectors([{ ...MOLLIE, plugin: 'sandbox' }]),
    ]);
    await second.close();
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it.each([
    ['adopt', false],
    ['reset', true],
  ])('can be changed by %s, which keeps or forgets the cursors', async (_, forgetsCursors) => {
    await store.registerConnectors([MOLLIE]);
    const feed = await store.feed('bank', 'transactions');
    const lease = await feed.acquireLease(currentProcess(), 60_000);
    const nothing = { records: [], rejected: [], warnings: [], resolvedIds: [], balances: [] };
    await lease?.append({ ...nothing, cursor: 'here' });
    await lease?.release();
    await store.close();
    await adoptConnector(fresh.url, { ...MOLLIE, plugin: 'sandbox' }, forgetsCursors);
    store = await openStore(fresh.url);
    await store.registerConnectors([{ ...MOLLIE, plugin: 'sandbox' }]);
    const later = await (await store.feed('bank', 'transactions')).acquireLease(currentProcess(), 60_000);
    expect(later?.cursor).toBe(forgetsCursors ? undefined : 'here');
  });
});
