/** Tests of transactions that return to an earlier state. The last row in the feed must have the state that the PSP showed last. */
import { serializeTransaction, type Transaction } from '@tributary/connector-api';
import { getCurrentProcess } from '../leases/lease-holder.js';
import { openStore } from '../store/open-store.js';
import { STORES, type FreshStore } from '../testing/stores.js';
import type { Lease, Store } from '../types/store.types.js';

const START = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;

describe.each(STORES)('a transaction that returns to an earlier state, in $name', (kind) => {
  let fresh: FreshStore;
  let store: Store;
  let lease: Lease;
  let now: number;
  beforeEach(async () => {
    now = START;
    fresh = await kind.createMigrated();
    store = await openStore(fresh.url, () => now);
    lease = (await (
      await store.feed('bank', 'transactions')
    ).acquireLease(getCurrentProcess(), 1_000 * MINUTE_MS))!;
  });
  afterEach(async () => {
    await store.close();
    await fresh.remove();
  });

  /** Appends a page one minute after the page before. */
  const append = (...rows: Transaction[]) => appendWithOrder(undefined, ...rows);
  const appendWithOrder = (orderKey: string | undefined, ...rows: Transaction[]) => {
    now += MINUTE_MS;
    return lease.append({
      records: rows.map((row) => serializeTransaction(row, orderKey)),
      ...{ rejected: [], warnings: [], resolvedIds: [], balances: [], cursor: 'c' },
    });
  };
  const readRows = async () => {
    const { body } = await (await store.feed('bank', 'transactions')).readPage(undefined, 1, 100);
    return (
      JSON.parse(body.toString()) as (Record<string, string> & { metadata?: Record<string, string> })[]
    ).map(({ amount, status, metadata }) => `${status} ${amount} ${JSON.stringify(metadata ?? {})}`);
  };
  const readTotal = async () => (await store.completeness('bank').list())[0]?.total;

  test('is served again with the number of the version, and the balances follow', async () => {
    await append(createFee(87n));
    await append(createFee(60n));
    expect(await append(createFee(87n))).toMatchObject({ changed: 1 });
    expect(await append(createFee(87n))).toMatchObject({ changed: 0, unchanged: 1 });
    expect(await readTotal()).toBe(-87n);
    await append(createFee(60n));
    await append(createFee(87n));
    expect(await readRows()).toEqual([
      'SUCCEEDED 87 {}',
      'SUCCEEDED 60 {}',
      'SUCCEEDED 87 {"com.tributary.spec/version":"3"}',
      'SUCCEEDED 60 {"com.tributary.spec/version":"4"}',
      'SUCCEEDED 87 {"com.tributary.spec/version":"5"}',
    ]);
    expect(await readTotal()).toBe(-87n);
  });

  test('has its last state after one stale response', async () => {
    await append(createFee(87n));
    await append({ ...createFee(87n), status: 'PENDING' });
    await append(createFee(87n));
    expect((await readRows()).at(-1)).toMatch(/^SUCCEEDED 87 /);
    expect(await readTotal()).toBe(-87n);
  });

  test('returns also if the state between is on the same page', async () => {
    await append(createFee(87n));
    expect(await append(createFee(60n), createFee(87n))).toMatchObject({ changed: 2 });
    expect((await readRows()).at(-1)).toMatch(/^SUCCEEDED 87 /);
    expect(await readTotal()).toBe(-87n);
  });

  test('adds no row when a page repeats all its versions', async () => {
    await append(createFee(87n), createFee(60n));
    expect(await append(createFee(87n), createFee(60n))).toMatchObject({ unchanged: 2 });
    expect(await readTotal()).toBe(-60n);
  });

  test('does not return if only texts differ, because lists and details of a PSP can have different texts', async () => {
    await append(createFee(87n));
    await append({ ...createFee(87n), metadata: { settlement: 's' } });
    expect(await append(createFee(87n))).toMatchObject({ unchanged: 1 });
  });

  test('does not return with a version that comes late, if the PSP says when it changed', async () => {
    const [first, second] = [changeAt(createFee(87n), now), changeAt(createFee(60n), now + 1)];
    await append(first);
    await append(second);
    expect(await append(first)).toMatchObject({ unchanged: 1 });
    expect(await readTotal()).toBe(-60n);
    // The time of the change is not part of the content, so the PSP's third version has the content of the first one.
    const third = changeAt(createFee(87n), now);
    expect(await append(third)).toMatchObject({ changed: 1 });
    const fourth = changeAt(createFee(60n), now);
    expect(await append(fourth)).toMatchObject({ changed: 1 });
    expect(await append(third)).toMatchObject({ unchanged: 1 });
    expect(await readTotal()).toBe(-60n);
  });

  test('does not return if it belongs to an order, because the gateway publishes the state of its orders', async () => {
    await appendWithOrder('key', createFee(87n));
    await appendWithOrder('key', createFee(60n));
    expect(await appendWithOrder('key', createFee(87n))).toMatchObject({ unchanged: 1 });
  });
});

function createFee(amount: bigint): Transaction {
  return {
    ...{ id: 'fee', createdAt: '2025-12-31T00:00:00Z', type: 'OTHER', status: 'SUCCEEDED' },
    ...{ amount: { amount, asset: 'EUR/2' }, sourceAccountId: 'a' },
  };
}

function changeAt(row: Transaction, time: number): Transaction {
  return { ...row, updatedAt: new Date(time).toISOString() };
}
