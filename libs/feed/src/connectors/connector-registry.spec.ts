/** Tests that a store rejects a connector that belongs to another plugin or account. */
import {
  adoptConnector,
  getCurrentProcess,
  openStore,
  type ConnectorIdentity,
  type Store,
} from '../index.js';
import { STORES, type FreshStore } from '../testing/stores.js';

const MOLLIE = { path: 'bank', plugin: 'mollie', account: 'organisation 1' };

describe.each(STORES)('connectors in $name', (kind) => {
  let fresh: FreshStore;
  let store: Store;

  beforeEach(async () => {
    fresh = await kind.createMigrated();
    store = await openStore(fresh.url);
  });

  afterEach(async () => {
    await store.close();
    await fresh.remove();
  });

  const register = (connectors: ConnectorIdentity[], target = store) =>
    target.registerDeployment({ name: 'shop', connectors });

  it('are registered once, and further ones later', async () => {
    await register([MOLLIE]);
    await register([{ ...MOLLIE, path: 'other' }, MOLLIE]);
    await register([]);
  });

  it.each([
    [
      'another plugin',
      { ...MOLLIE, plugin: 'sandbox' },
      /bank: the store has mollie .*, the deployment file has sandbox/,
    ],
    ['another account', { ...MOLLIE, account: 'organisation 2' }, /the store has mollie \(organisation 1\)/],
  ])('of %s are refused, and nothing is written', async (_, other, message) => {
    await register([MOLLIE]);
    await expect(register([{ ...MOLLIE, path: 'new' }, other])).rejects.toThrow(message);
    await register([{ ...MOLLIE, path: 'new', plugin: 'sandbox' }]);
  });

  it('get the account when their plugin names it for the first time', async () => {
    await register([{ ...MOLLIE, account: undefined }]);
    await register([MOLLIE]);
    await register([{ ...MOLLIE, account: undefined }]);
    await expect(register([{ ...MOLLIE, account: 'organisation 2' }])).rejects.toThrow('organisation 1');
  });

  it('are registered by one of two processes that start together with different plugins', async () => {
    const second = await openStore(fresh.url);
    const results = await Promise.allSettled([
      register([MOLLIE]),
      register([{ ...MOLLIE, plugin: 'sandbox' }], second),
    ]);
    await second.close();
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it.each([
    ['adopt', false],
    ['reset', true],
  ])('can be changed by %s, which keeps or forgets the cursors', async (_, forgetsCursors) => {
    await register([MOLLIE]);
    const feed = await store.feed('bank', 'transactions');
    const lease = await feed.acquireLease(getCurrentProcess(), 60_000);
    const nothing = { records: [], rejected: [], warnings: [], resolvedIds: [], balances: [] };
    await lease?.append({ ...nothing, cursor: 'here' });
    await lease?.release();
    await store.close();
    await adoptConnector(fresh.url, { ...MOLLIE, plugin: 'sandbox' }, forgetsCursors);
    store = await openStore(fresh.url);
    await register([{ ...MOLLIE, plugin: 'sandbox' }]);
    const later = await (await store.feed('bank', 'transactions')).acquireLease(getCurrentProcess(), 60_000);
    expect(later?.cursor).toBe(forgetsCursors ? undefined : 'here');
  });
});
