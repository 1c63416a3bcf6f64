/** Tests that a rename moves all data of a connector, and that no deployment file can change the ids of its orders. */
import {
  adoptConnector,
  adoptStore,
  getCurrentProcess,
  openStore,
  removeConnector,
  renameConnector,
  startEpochAfterRestore,
  type ConnectorData,
  type ConnectorIdentity,
  type OperatorAuthor,
  type Store,
} from '../index.js';
import { backUpDatabase, runSql } from '../testing/raw-sql.js';
import { STORES, type FreshStore } from '../testing/stores.js';
import { appendRecords } from '../testing/test-records.js';
import { withStore } from '../testing/with-store.js';
import { ORDER_TABLES, PULLED_DATA_TABLES } from './connector-tables.js';

const BANK: ConnectorIdentity = { path: 'bank', plugin: 'mollie', account: 'organisation 1' };
const OTHER: ConnectorIdentity = { ...BANK, path: 'other' };
const HOUSE: ConnectorIdentity = { ...BANK, path: 'house-bank', originalPath: 'bank' };
const AUTHOR: OperatorAuthor = { by: 'ann', via: 'command-line', connector: 'house-bank' };

describe.each(STORES)('renaming a connector in $name', (kind) => {
  let fresh: FreshStore;

  beforeEach(async () => {
    fresh = await kind.createMigrated();
    await withStore(fresh.url, async (store) => {
      await register(store, BANK, OTHER);
      for (const { path } of [BANK, OTHER]) await fillConnector(store, path);
    });
  });
  afterEach(() => fresh.remove());

  function register(store: Store, ...connectors: ConnectorIdentity[]): Promise<void> {
    return store.registerDeployment({ name: 'shop', connectors });
  }

  /** Opens the store as a gateway with these connectors does when it starts. */
  function start(...connectors: ConnectorIdentity[]): Promise<void> {
    return withStore(fresh.url, (store) => register(store, ...connectors));
  }

  function rename(connector = HOUSE, from = 'bank', isDryRun = false): Promise<ConnectorData> {
    const author = { ...AUTHOR, connector: connector.path };
    return renameConnector(fresh.url, author, { deployment: 'shop', from, connector, isDryRun });
  }

  /** Fills every table with the column `connector` besides the audit log. */
  async function fillConnector(store: Store, connector: string): Promise<void> {
    await appendRecords(await store.feed(connector, 'transactions'), 'a', 'b');
    const accounts = await (await store.feed(connector, 'accounts')).acquireLease(getCurrentProcess(), 1_000);
    const balance = { accountId: 'a', at: 1, amounts: new Map([['EUR/2', 1n]]) };
    await accounts?.append({
      ...{ records: [], rejected: [], warnings: [], resolvedIds: [], cursor: 'end' },
      balances: [balance],
    });
    await accounts?.release();
    await store.balances(connector).recordObservation({ ...balance, at: 86_400_000 });
    await store.balances(connector).serveReaders([{ accountId: 'a', reader: 'key', isCurrent: true }]);
    await store.recordReaderRequests([
      { connector, reader: 'key', stream: 'transactions', requestedAt: 1, rowsRead: 2, count: 1 },
    ]);
    await store.recordSyncRun({
      ...{ connector, stream: 'transactions', startedAt: 1, duration: 1, pages: 1 },
      ...{ records: 1, added: 1, changed: 0, refused: 0 },
    });
    const order = {
      id: `order-${connector}`,
      idempotencyKey: 'k',
      pspKey: connector,
      kind: 'PAYOUT' as const,
    };
    await store
      .orders(connector)
      .insertOrGet({ ...order, request: '{}', amount: 1n, asset: 'EUR/2', createdAt: 86_400_000 }, () => ({
        set: { state: 'unknown' },
        event: 'taken',
      }));
  }

  const TABLES = ['connectors', ...PULLED_DATA_TABLES, ...ORDER_TABLES];

  async function countRows(connector: string): Promise<number[]> {
    const counts: number[] = [];
    for (const table of TABLES) {
      const where = `where connector = '${connector}'`;
      const [row] = await runSql(fresh.url, `select count(*) as count from ${table} ${where}`);
      counts.push(Number(row?.['count']));
    }
    return counts;
  }

  it('moves the rows of every table, also of open orders, and changes no other connector', async () => {
    const [before, other] = [await countRows('bank'), await countRows('other')];
    expect(before.every((count) => count > 0)).toBe(true);
    const data = await rename(HOUSE, 'bank', true);
    expect(data).toMatchObject({ balances: 1, runs: 1, readers: 1, orders: 1 });
    expect(await countRows('bank')).toEqual(before);
    expect(await rename()).toEqual(data);
    expect(await countRows('house-bank')).toEqual(before);
    expect(await countRows('other')).toEqual(other);
    // The row of the retired path remains.
    expect(await countRows('bank')).toEqual(TABLES.map((table) => (table === 'connectors' ? 1 : 0)));
    await withStore(fresh.url, async (store) => {
      await register(store, HOUSE, OTHER);
      expect(await store.orders('house-bank').findByIdempotencyKey('k')).toMatchObject({ id: 'order-bank' });
      const feed = await store.feed('house-bank', 'transactions');
      await appendRecords(feed, 'c');
      expect((await feed.readRows(0, 10)).map(({ sequence, id }) => `${sequence} ${id}`)).toEqual([
        '1 a',
        '2 b',
        '3 c',
      ]);
      expect(await store.operator().listAuditEvents(undefined, undefined, 5)).toEqual([
        expect.objectContaining({
          ...{ action: 'connector.renamed', connector: 'house-bank', by: 'ann' },
          details: { from: 'bank', to: 'house-bank', originalPath: 'bank' },
        }),
      ]);
    });
  });

  it('must be done before a gateway with the new name starts', async () => {
    const message =
      'the deployment file has the connector house-bank, and the store has its data as bank. Nothing was started. ' +
      'Stop every gateway, and run "tributary connectors rename bank house-bank --config FILE"';
    await expect(start(HOUSE, OTHER)).rejects.toThrow(message);
    await expect(adoptStore(fresh.url, { name: 'shop', connectors: [HOUSE] })).rejects.toThrow(message);
    await expect(adoptConnector(fresh.url, HOUSE, false)).rejects.toThrow(message);
    expect((await countRows('house-bank')).every((count) => count === 0)).toBe(true);
  });

  it('must be done again after an older backup was put back', async () => {
    const putBack = await backUpDatabase(fresh.url);
    await rename();
    await putBack();
    await startEpochAfterRestore(fresh.url);
    await expect(start(HOUSE)).rejects.toThrow('run "tributary connectors rename bank house-bank');
    await rename();
    await start(HOUSE);
  });

  it('leaves nothing to remove under the former path', async () => {
    await rename();
    const removal = { deployment: 'shop', deletesOrders: true, isDryRun: false };
    await expect(removeConnector(fresh.url, { ...AUTHOR, connector: 'bank' }, removal)).rejects.toThrow(
      'bank was renamed to house-bank',
    );
  });

  it('keeps the original path through a second rename', async () => {
    await rename();
    const main: ConnectorIdentity = { ...HOUSE, path: 'main' };
    await expect(start(main)).rejects.toThrow('run "tributary connectors rename house-bank main');
    await expect(rename({ ...main, originalPath: 'house-bank' }, 'house-bank')).rejects.toThrow(
      'Set "originalName: bank" in the entry',
    );
    await rename(main, 'house-bank');
    await start(main);
    for (const path of ['bank', 'house-bank'])
      await expect(start({ ...BANK, path })).rejects.toThrow(/removed from the store or renamed.*: /);
  });

  it.each([
    ['loses', { ...BANK, path: 'house-bank' }, 'Set "originalName: bank" in'],
    ['changes', { ...HOUSE, originalPath: 'shop' }, 'Set "originalName: bank" in'],
  ])('prevents a start with a file that %s the original name', async (_, connector, message) => {
    await rename();
    await expect(start(connector)).rejects.toThrow(message);
    await expect(adoptConnector(fresh.url, connector, false)).rejects.toThrow(message);
  });

  it('prevents a start with a file that adds an original name to a connector that was not renamed', async () => {
    await expect(start({ ...OTHER, originalPath: 'shop' })).rejects.toThrow(
      'the ids of the orders of other are derived from the path other, and with the deployment file they would be derived from shop. ' +
        'A repeated order could be paid twice, so nothing was started or changed. Remove originalName from the entry of the connector',
    );
  });

  it('is not needed in a new store, which remembers the original path', async () => {
    const empty = await kind.createMigrated();
    const startEmpty = async (connector: ConnectorIdentity) => {
      const store = await openStore(empty.url);
      try {
        await register(store, connector);
      } finally {
        await store.close();
      }
    };
    await startEmpty(HOUSE);
    await startEmpty(HOUSE);
    await expect(startEmpty({ ...BANK, path: 'house-bank' })).rejects.toThrow('Set "originalName: bank" in');
    await expect(startEmpty(BANK)).rejects.toThrow('cannot be used again');
    await empty.remove();
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['the former path is unknown', () => rename(HOUSE, 'bnak'), 'the store has no connector "bnak"'],
    ['the new path is used', () => rename({ ...OTHER, originalPath: 'bank' }), 'the path other is or was'],
    ['the file has no original name', () => rename({ ...BANK, path: 'x' }), 'Set "originalName: bank" in'],
    ['the file has another plugin', () => rename({ ...HOUSE, plugin: 'square' }), 'the store has mollie'],
    ['the file has another account', () => rename({ ...HOUSE, account: 'o2' }), 'the store has mollie'],
    [
      'the store belongs to another deployment',
      () =>
        renameConnector(fresh.url, AUTHOR, {
          ...{ deployment: 'x', from: 'bank', connector: HOUSE },
          isDryRun: false,
        }),
      'the store belongs to the deployment "shop"',
    ],
    ['the store is in use', () => withStore(fresh.url, () => rename()), 'is in use'],
  ])('is refused if %s', async (_, attempt, message) => {
    const before = await countRows('bank');
    await expect(attempt()).rejects.toThrow(message);
    expect(await countRows('bank')).toEqual(before);
    await start(BANK, OTHER);
  });
});
