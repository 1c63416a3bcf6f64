/** Tests that removing a connector deletes all of its data, keeps all other data, and that its path is not used again. */
import type { Stream } from '@tributary/connector-api';
import {
  adoptConnector,
  getCurrentProcess,
  removeConnector,
  verifyStoredRows,
  type OperatorAuthor,
  type OrderState,
  type Store,
} from '../index.js';
import { runSql } from '../testing/raw-sql.js';
import { STORES, type FreshStore } from '../testing/stores.js';
import { createRecord } from '../testing/test-records.js';
import { withStore } from '../testing/with-store.js';
import {
  AUDIT_TABLE,
  CONNECTOR_TABLE,
  FEED_TABLES,
  ORDER_DETAIL_TABLES,
  ORDER_TABLES,
  PULLED_DATA_TABLES,
  RECONCILIATION_SOURCE_TABLES,
} from './connector-tables.js';

const AUTHOR: OperatorAuthor = { by: 'ann', via: 'command-line', connector: 'bank' };
const REMOVAL = { deployment: 'shop', deletesOrders: false, isDryRun: false };
/** More rows than one batch deletes. */
const ROWS = 1_200;

describe.each(STORES)('removing a connector in $name', (kind) => {
  let fresh: FreshStore;

  beforeEach(async () => {
    fresh = await kind.createMigrated();
    await withStore(fresh.url, async (store) => {
      await store.registerDeployment({
        name: 'shop',
        connectors: ['bank', 'other'].map((path) => ({ path, plugin: 'mollie', account: undefined })),
      });
      for (const connector of ['bank', 'other']) await fillConnector(store, connector);
    });
    for (const connector of ['bank', 'other']) await fillFeedTables(connector);
  });
  afterEach(() => fresh.remove());

  async function fillConnector(store: Store, connector: string): Promise<void> {
    const streams: readonly Stream[] = ['accounts', 'transactions'];
    for (const stream of streams) {
      const lease = await (await store.feed(connector, stream)).acquireLease(getCurrentProcess(), 60_000);
      const records = Array.from({ length: ROWS }, (_, index) => createRecord(`${index}`));
      const held = { ...createRecord('refund'), originalId: 'payment' };
      await lease?.append({
        records: stream === 'transactions' ? [...records, held] : [],
        rejected: [{ id: 'R', reason: 'bad', raw: '{}' }],
        ...{ warnings: [], resolvedIds: [], cursor: 'end' },
        balances: [{ accountId: 'a', at: Date.now(), amounts: new Map([['EUR/2', 1n]]) }],
      });
      await lease?.release({ dueInMs: 1, hasCaughtUp: true });
    }
    await store.balances(connector).serveReaders([{ accountId: 'a', reader: 'key', isCurrent: true }]);
    await store.recordReaderRequests([
      { connector, reader: 'key', stream: 'transactions', requestedAt: 1, rowsRead: 5, count: 2 },
    ]);
    await store.recordSyncRun({
      ...{ connector, stream: 'transactions', startedAt: 1, duration: 1, pages: 1 },
      ...{ records: 1, added: 1, changed: 0, refused: 0 },
    });
    await addOrder(store, connector, 'paid', 'succeeded');
  }

  async function addOrder(store: Store, connector: string, key: string, state: OrderState): Promise<void> {
    const order = { id: `${connector}-${key}`, idempotencyKey: key, pspKey: key, kind: 'PAYOUT' as const };
    await store
      .orders(connector)
      .insertOrGet({ ...order, request: '{}', amount: 1n, asset: 'EUR/2', createdAt: 86_400_000 }, () => ({
        set: { state, nextActionAt: 5 },
        event: 'taken',
      }));
  }

  /** Adds rows to the tables that only long runs or operators fill. */
  async function fillFeedTables(connector: string): Promise<void> {
    const feed = `(select id from feeds where connector = '${connector}' and stream = 'transactions')`;
    const order = `'${connector}-paid'`;
    await runSql(
      fresh.url,
      `insert into last_pages (feed_id, from_time, page_size, page, until) values (${feed}, 0, 10, 1, 2)`,
      `insert into account_sums (feed_id, account_id, asset, total, opening_proven, after_suspect) values (${feed}, 'z', 'EUR/2', '1', 0, '0')`,
      `insert into feed_checkpoints (feed_id, seq, at, cursor) values (${feed}, 77, 1, 'c')`,
      `insert into feed_cursors (feed_id, at, cursor) values (${feed}, 77, 'c')`,
      `insert into balance_history (connector, account_id, day, observed_at, amounts) values ('${connector}', 'a', 77, 1, '{}')`,
      `insert into order_exchanges (order_id, at, position, action, attempt, body, expires_at) values (${order}, 1, 77, 'send', 1, '{}', 2)`,
      `insert into order_proposals (order_id, id, key_id, proposed_by, at, body) values (${order}, 'p', 'k', 'b', 1, '{}')`,
    );
  }

  /** Counts the rows of the connector in each table. */
  async function countRows(connector: string): Promise<Record<string, number>> {
    const conditions = [
      ...FEED_TABLES.map((table) => [table, 'feed_id in (select id from old_feeds)']),
      ...ORDER_DETAIL_TABLES.map((table) => [table, `order_id = '${connector}-paid'`]),
      ...[...ORDER_TABLES, ...PULLED_DATA_TABLES].map((table) => [table, `connector = '${connector}'`]),
    ];
    const counts: Record<string, number> = {};
    for (const [table, condition] of conditions) {
      const where = String(condition).replace('select id from old_feeds', feedIds.get(connector) ?? '0');
      const [row] = await runSql(fresh.url, `select count(*) as count from ${table} where ${where}`);
      counts[String(table)] = Number(row?.['count']);
    }
    return counts;
  }

  /** The ids of the feeds before the removal, by connector. */
  let feedIds: Map<string, string>;
  beforeEach(async () => {
    feedIds = new Map();
    for (const connector of ['bank', 'other']) {
      const rows = await runSql(fresh.url, `select id from feeds where connector = '${connector}'`);
      feedIds.set(connector, rows.map(({ id }) => String(id)).join());
    }
  });

  it('deletes all pulled data, and keeps the orders and every other connector', async () => {
    const [before, other] = [await countRows('bank'), await countRows('other')];
    expect(Object.entries(before).filter(([, count]) => count === 0)).toEqual([]);
    expect(await removeConnector(fresh.url, AUTHOR, REMOVAL)).toEqual({
      feeds: [
        { stream: 'accounts', rows: 0 },
        { stream: 'transactions', rows: ROWS },
      ],
      ...{ quarantineEntries: 2, balances: 1, runs: 1, readers: 1, orders: 1 },
    });
    const orderTables: readonly string[] = [...ORDER_TABLES, ...ORDER_DETAIL_TABLES];
    expect(await countRows('bank')).toEqual(
      Object.fromEntries(
        Object.entries(before).map(([table, count]) => [table, orderTables.includes(table) ? count : 0]),
      ),
    );
    expect(await countRows('other')).toEqual(other);
    expect(await runSql(fresh.url, `select next_at from orders where connector = 'bank'`)).toEqual([
      { next_at: null },
    ]);
    expect(await verifyStoredRows(fresh.url)).toMatchObject({ rows: ROWS, damaged: 0 });
  });

  it('deletes the orders with their details when that is asked', async () => {
    const other = await countRows('other');
    await removeConnector(fresh.url, AUTHOR, REMOVAL);
    expect((await countRows('bank'))['orders']).toBe(1);
    await removeConnector(fresh.url, AUTHOR, { ...REMOVAL, deletesOrders: true });
    expect(Object.values(await countRows('bank')).filter((count) => count > 0)).toEqual([]);
    expect(await countRows('other')).toEqual(other);
  });

  it('writes an audit event, once', async () => {
    const remove = () => removeConnector(fresh.url, AUTHOR, { ...REMOVAL, deletesOrders: true });
    await remove();
    await remove();
    const events = await withStore(fresh.url, (store) =>
      store.operator().listAuditEvents(undefined, undefined, 10),
    );
    expect(events).toEqual([
      expect.objectContaining({
        ...{ by: 'ann', action: 'connector.removed', connector: 'bank' },
        details: {
          ...{ rows: ROWS, quarantineEntries: 2, balances: 1, runs: 1 },
          ...{ ordersDeleted: 1, ordersKept: 0 },
        },
      }),
    ]);
  });

  it('changes nothing in a dry run', async () => {
    const before = await countRows('bank');
    expect(await removeConnector(fresh.url, AUTHOR, { ...REMOVAL, isDryRun: true })).toMatchObject({
      orders: 1,
    });
    expect(await countRows('bank')).toEqual(before);
    await withStore(fresh.url, (store) => store.registerDeployment({ name: 'shop', connectors: [BANK] }));
  });

  it.each(['received', 'waiting', 'sending', 'unknown', 'pending'] as const)(
    'is refused while an order is %s, with the id of the order',
    async (state) => {
      await withStore(fresh.url, (store) => addOrder(store, 'bank', 'open', state));
      const before = await countRows('bank');
      await expect(removeConnector(fresh.url, AUTHOR, REMOVAL)).rejects.toThrow(
        /^bank has orders without a final state: bank-open\. /,
      );
      expect(await countRows('bank')).toEqual(before);
    },
  );

  it('is refused while another process has the store open, and for another deployment', async () => {
    const before = await countRows('bank');
    await withStore(fresh.url, async () => {
      await expect(removeConnector(fresh.url, AUTHOR, REMOVAL)).rejects.toThrow('is in use');
    });
    await expect(removeConnector(fresh.url, AUTHOR, { ...REMOVAL, deployment: 'another' })).rejects.toThrow(
      'the store belongs to the deployment "shop"',
    );
    expect(await countRows('bank')).toEqual(before);
  });

  it('is refused while a gateway has a lease, also when its sessions are not visible', async () => {
    await withStore(fresh.url, async (store) => {
      await (await store.feed('other', 'accounts')).acquireLease(getCurrentProcess(), 60_000);
    });
    const before = await countRows('bank');
    await expect(removeConnector(fresh.url, AUTHOR, REMOVAL)).rejects.toThrow(
      'a gateway pulls other/accounts',
    );
    expect(await countRows('bank')).toEqual(before);
  });

  const BANK = { path: 'bank', plugin: 'mollie', account: undefined };

  it('prevents that the path is used again, also with adopt and reset', async () => {
    await removeConnector(fresh.url, AUTHOR, REMOVAL);
    await withStore(fresh.url, async (store) => {
      await expect(store.registerDeployment({ name: 'shop', connectors: [BANK] })).rejects.toThrow(
        'these paths belonged to connectors that were removed from the store or renamed, and cannot be used again in it: bank.',
      );
    });
    for (const forgetsCursors of [false, true])
      await expect(adoptConnector(fresh.url, BANK, forgetsCursors)).rejects.toThrow('cannot be used again');
    await withStore(fresh.url, (store) =>
      store.registerDeployment({ name: 'shop', connectors: [{ ...BANK, path: 'bank-2' }] }),
    );
  });

  it('deletes the rest after an interruption', async () => {
    await removeConnector(fresh.url, AUTHOR, REMOVAL);
    // The process ended after the mark and before this feed was deleted.
    await runSql(
      fresh.url,
      `insert into feeds (connector, stream, head_seq, fencing_token, leased_until, due_at) values ('bank', 'accounts', 0, 0, 0, 0)`,
    );
    expect(await removeConnector(fresh.url, AUTHOR, REMOVAL)).toMatchObject({
      feeds: [{ stream: 'accounts' }],
    });
    expect((await countRows('bank'))['feeds']).toBe(0);
  });

  it('finds nothing of an unknown connector, and does not mark it', async () => {
    const author = { ...AUTHOR, connector: 'bnak' };
    expect(await removeConnector(fresh.url, author, REMOVAL)).toBeUndefined();
    await withStore(fresh.url, (store) =>
      store.registerDeployment({ name: 'shop', connectors: [{ ...BANK, path: 'bnak' }] }),
    );
  });

  it.each([
    ['connector', [...PULLED_DATA_TABLES, ...ORDER_TABLES, CONNECTOR_TABLE, AUDIT_TABLE]],
    ['feed_id', FEED_TABLES],
    ['order_id', ORDER_DETAIL_TABLES],
    ['source', RECONCILIATION_SOURCE_TABLES],
  ])('covers every table of the store with the column %s', async (column, tables) => {
    const found = await runSql(
      fresh.url,
      fresh.url.startsWith('sqlite:')
        ? `select m.name from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table' and c.name = '${column}'`
        : `select table_name as name from information_schema.columns where table_schema = current_schema() and column_name = '${column}'`,
    );
    expect(found.map(({ name }) => name).sort()).toEqual([...tables].sort());
  });
});
