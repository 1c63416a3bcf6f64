/** Tests the copy of a store between SQLite and PostgreSQL. */
import { serializeTransaction } from '@tributary/connector-api';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { copyStore, summarizeStore, getCurrentProcess, type Lease, type Store } from '../index.js';
import { POSTGRES_STORE, SQLITE_STORE, type FreshStore, type StoreKind } from '../testing/stores.js';
import { runSql } from '../testing/raw-sql.js';
import { withStore } from '../testing/with-store.js';
import type { AccountCheck } from '../types/completeness.types.js';

const EMPTY_PAGE = { rejected: [], warnings: [], resolvedIds: [], balances: [] };

let made: FreshStore[];
const create = async (kind: StoreKind) => {
  const fresh = await kind.create();
  made.push(fresh);
  return fresh.url;
};

beforeEach(() => {
  made = [];
});

afterEach(async () => {
  for (const fresh of made) await fresh.remove();
});

async function acquireLease(store: Store, connector: string): Promise<Lease> {
  const lease = await (await store.feed(connector, 'transactions')).acquireLease(getCurrentProcess(), 10_000);
  if (!lease) throw new Error('not leased');
  return lease;
}

const records = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) =>
    serializeTransaction({
      id: `tä ${from + index}`,
      createdAt: '2026-01-01T00:00:00Z',
      type: 'PAYIN',
      status: 'SUCCEEDED',
      amount: { amount: BigInt(from + index), asset: 'EUR/2' },
    }),
  );

const CHECK: AccountCheck = {
  ...{ opening: -(10n ** 20n), isOpeningProven: true, agreed: { at: 1, seq: 2 }, rereadAt: 3 },
  suspect: { at: 4, balance: 5n, after: 6n, since: 7 },
  gap: { amount: 8n, since: 9 },
};

/** Fills every table. The feed has more rows than one batch copies. */
async function fill(url: string): Promise<void> {
  await withStore(url, async (store) => {
    await store.feed('unused', 'accounts');
    for (const connector of ['bank', 'acme/bank']) {
      const lease = await acquireLease(store, connector);
      await lease.append({ ...EMPTY_PAGE, records: records(0, 1500), cursor: 'half' });
      await lease.append({
        // The last record is held, because the original to which it refers is missing.
        records: [...records(1000, 700), { ...records(1, 1)[0]!, id: 'refund', originalId: 'payment' }],
        rejected: [{ id: 'R', reason: 'bad', raw: '{"ü":1}' }],
        warnings: [{ id: 'r', message: 'off by 1' }],
        resolvedIds: [],
        balances: [{ accountId: 'a', at: Date.now(), amounts: new Map([['JPY', -(10n ** 30n)]]) }],
        cursor: `end of ${connector}`,
      });
      await lease.release({ dueInMs: 1, hasCaughtUp: true });
      const tomorrow = { accountId: 'a', at: Date.now() + 86_400_000, amounts: new Map([['JPY', 1n]]) };
      await store.balances(connector).recordObservation(tomorrow);
      await store.balances(connector).serveReaders([{ accountId: 'a', reader: 'key', isCurrent: true }]);
      const requests = { reader: 'key', stream: 'transactions', requestedAt: 1, rowsRead: 5, count: 2 };
      await store.recordReaderRequests([{ connector, ...requests }]);
      await store.completeness(connector).update([], () => ({
        checks: [{ accountId: 'a', asset: 'EUR/2', check: CHECK }],
        ...{ warnings: [], resolvedIds: [], checkpoint: { seq: 1, cursor: 'c' } },
      }));
      const account = { plugin: 'mollie', account: 'org' };
      await store.registerDeployment({ name: 'shop', connectors: [{ path: connector, ...account }] });
      const at = { connector, stream: 'transactions' as const, startedAt: 5, duration: 1, pages: 1 };
      await store.recordSyncRun({ ...at, records: 1, added: 1, changed: 0, refused: 0, error: 'x' });
      const names = { id: `${connector} 1`, idempotencyKey: 'k', pspKey: 'p', kind: 'PAYOUT' as const };
      await store
        .orders(connector)
        .insertOrGet(
          { ...names, request: '{}', amount: 10n ** 20n, asset: 'EUR/2', createdAt: Date.now() },
          () => ({ set: {}, event: 'received', publishedRecords: records(9000, 1) }),
        );
    }
    await fillReconciliation(store);
    const change = {
      by: 'alice',
      via: 'api',
      action: 'order.resolved',
      connector: 'acme/bank',
      tenant: 'acme',
    } as const;
    await store
      .orders('acme/bank')
      .update('acme/bank 1', () => ({ set: {}, auditEntry: { ...change, details: { note: 'ü' } } }));
    await store
      .orderExchanges()
      .append(
        [{ orderId: 'acme/bank 1', at: 1, position: 0, action: 'send', attempt: 1, body: '{"path":"/ü"}' }],
        3_600_000,
      );
    const proposal = {
      orderId: 'acme/bank 1',
      id: 'p',
      keyId: 'k',
      proposedBy: 'alice',
      body: '{"as":"failed"}',
    };
    await store.orderProposals().propose(proposal, { ...change, details: {} });
    const task = await store.tasks().claim('reconciliation:acme/bank', 1000);
    await task!.finish(60_000);
    await store.sentAlerts().record('team', [{ alert: 'ü', fingerprint: 'f', body: '{}' }], []);
  });
}

async function fillReconciliation(store: Store): Promise<void> {
  const repository = store.reconciliation();
  await repository.definePolicy('p', 'acme/bank', '{}');
  const postings = [{ source: 'world', destination: 'psp:a', asset: 'EUR/2', amount: '1'.padEnd(30, '0') }];
  await repository.storeLedgerTransactions('l', [
    { id: 7, at: 1, reference: 'ü', metadata: { a: 'b' }, postings },
  ]);
  const item = { side: 'ledger' as const, source: 'l', recordId: '7', account: 'a', asset: 'EUR/2', at: 1 };
  await repository.storeItems('p', {
    ...{ side: 'ledger', source: 'l', fromPosition: -1, toPosition: 7, replaced: [] },
    items: [
      {
        ...{ ...item, sincePosition: 7, untilPosition: undefined, amount: -(10n ** 30n), state: 'moved' },
        keys: [{ rule: 0, key: 'ü' }],
      },
    ],
  });
  await repository.beginRun({ id: 'r', policyId: 'p', name: 'acme/bank', inputs: '{}', startedAt: 1 });
  await repository.addBreaks('r', [{ id: 'b', class: 'no-key', state: 'open', body: '{}' }]);
  const result = { verdict: 'breaks', summary: '{}', sha256: 'x' };
  await repository.finishRun({ id: 'r', finishedAt: 2, ...result }, { kind: 'run' });
}

async function served(url: string, connector: string) {
  return withStore(url, async (store) => {
    const feed = await store.feed(connector, 'transactions');
    const { body } = await feed.readPage(undefined, 1, 10_000);
    const { cursor } = await acquireLease(store, connector);
    const orders = await store.orders(connector).findNewest(10);
    const history = await store.orders(connector).readHistory(orders[0]?.id ?? '');
    const balances = await store.balances(connector).findLatest('a');
    return {
      body: body.toString(),
      cursor,
      orders,
      history,
      balances,
      quarantine: await store.listQuarantine(connector),
    };
  });
}

describe.each([
  [SQLITE_STORE, POSTGRES_STORE],
  [POSTGRES_STORE, SQLITE_STORE],
])('a copy', (from, to) => {
  it(`from ${from.name} to ${to.name} is the same to the last byte, and goes on where it ended`, async () => {
    const [source, target] = [await create(from), await create(to)];
    await fill(source);
    const progress: string[] = [];
    await copyStore(source, target, {
      onProgress: (table, rows) => void progress.push(`${table} ${rows}`),
    });
    expect(progress).toContain('feed_rows 1000');
    expect(progress).toContain('feed_rows 3402');
    const before = await summarizeStore(source);
    expect(before.find(({ table }) => table === 'feed_rows')?.rows).toBe(3402);
    expect(before.filter(({ rows }) => rows === 0)).toEqual([]);
    expect(await summarizeStore(target)).toEqual(before);
    for (const connector of ['bank', 'acme/bank']) {
      expect(await served(target, connector)).toEqual(await served(source, connector));
    }
    // The random numbers of PostgreSQL do not fit into the row keys of SQLite.
    const ids = (await runSql(target, 'select id from feeds order by id')).map(({ id }) => Number(id));
    expect(ids).toEqual(ids.map((_, index) => index + 1));
    // A feed that is created in the copy gets an id that is not used yet.
    await withStore(target, (store) => store.feed('later', 'accounts'));
  });
});

it('is refused where anything is, and leaves it as it was', async () => {
  const [source, target] = [await create(SQLITE_STORE), await create(POSTGRES_STORE)];
  await fill(source);
  await withStore(target, (store) => store.feed('bank', 'accounts'));
  const before = await summarizeStore(target);
  await expect(copyStore(source, target)).rejects.toThrow(
    'the target is not empty: its table feeds has rows',
  );
  expect(await summarizeStore(target)).toEqual(before);
});

it.each([SQLITE_STORE, POSTGRES_STORE])(
  'of a store on $name that a gateway has open is refused, unless it is wanted',
  async (kind) => {
    const [source, target] = [await create(kind), await create(SQLITE_STORE)];
    await fill(source);
    await withStore(source, async (gateway) => {
      const refusal =
        /^the store ".*" is in use: a gateway, or another tributary, has it open\. Stop every gateway first/;
      await expect(copyStore(source, target)).rejects.toThrow(refusal);
      await expect(copyStore(target, source)).rejects.toThrow('there is no store');
      expect(existsSync(target.slice('sqlite:'.length))).toBe(false);
      await copyStore(source, target, { evenIfInUse: true });
      // The check whether the store is in use does not affect the gateway.
      const lease = await acquireLease(gateway, 'later');
      await lease.append({ ...EMPTY_PAGE, records: records(0, 1), cursor: 'c' });
      await lease.release();
    });
    await expect(copyStore(source, target)).rejects.toThrow('the target is not empty');
  },
);

it('of a store whose gateway cannot be seen, but holds a lease, is refused', async () => {
  const [source, target] = [await create(POSTGRES_STORE), await create(SQLITE_STORE)];
  await withStore(source, async (store) => {
    const feed = await store.feed('bank', 'accounts');
    await feed.acquireLease({ host: 'elsewhere', pid: 1, id: 'a' }, 60_000);
  });
  await expect(copyStore(source, target)).rejects.toThrow('is in use: a gateway pulls bank/accounts');
});

it('of a damaged file is refused before anything is written', async () => {
  const [source, target] = [await create(SQLITE_STORE), await create(SQLITE_STORE)];
  await fill(source);
  const file = source.slice('sqlite:'.length);
  const bytes = readFileSync(file);
  bytes.fill(0xff, bytes.length / 2, bytes.length / 2 + 20 * 8192);
  writeFileSync(file, bytes);
  await expect(copyStore(source, target)).rejects.toThrow(
    /^the store ".*" is damaged \(.+\): put back a backup/,
  );
  await expect(summarizeStore(source)).rejects.toThrow('is damaged');
});

it('is told from a copy that lacks one row, or differs in one character', async () => {
  const [source, target] = [await create(SQLITE_STORE), await create(SQLITE_STORE)];
  await fill(source);
  await copyStore(source, target);
  await withStore(target, (store) =>
    store.balances('bank').recordObservation({ accountId: 'b', at: 1, amounts: new Map() }),
  );
  const [before, after] = [await summarizeStore(source), await summarizeStore(target)];
  const differing = before.filter((summary, index) => summary.digest !== after[index]?.digest);
  expect(differing.map(({ table }) => table)).toEqual(['balances']);
});
