/** Tests that the sum of an account changes with the rows of the feed, in the transaction that appends the rows. */
import { serializeTransaction, type Transaction } from '@tributary/connector-api';
import { getCurrentProcess } from '../leases/lease-holder.js';
import { openStore } from '../store/open-store.js';
import { runSql } from '../testing/raw-sql.js';
import { STORES, type FreshStore } from '../testing/stores.js';
import type { AccountCheck, AccountSum } from '../types/completeness.types.js';
import type { Lease, Store } from '../types/store.types.js';
import { INITIAL_ACCOUNT_CHECK } from './account-sum-row.js';
import { AccountSumCache } from './account-sum-cache.js';

const AT = Date.UTC(2026, 0, 1);

describe.each(STORES)('the sums of accounts, in $name', (kind) => {
  let fresh: FreshStore;
  let store: Store;
  let lease: Lease;
  beforeEach(async () => {
    fresh = await kind.createMigrated();
    store = await openStore(fresh.url, () => AT);
    lease = (await (await store.feed('bank', 'transactions')).acquireLease(getCurrentProcess(), 60_000))!;
  });
  afterEach(async () => {
    await store.close();
    await fresh.remove();
  });

  const append = (...rows: Transaction[]) =>
    lease.append({
      records: rows.map((row) => serializeTransaction(row)),
      ...{ rejected: [], warnings: [], resolvedIds: [], balances: [], cursor: 'c' },
    });
  const readTotals = async () =>
    Object.fromEntries(
      (await store.completeness('bank').list()).map(({ accountId, asset, total }) => [
        `${accountId} ${asset}`,
        total,
      ]),
    );

  test('count each row on the own side only, by type and status', async () => {
    await append(
      row('in', { type: 'PAYIN', sourceAccountId: 'payer', destinationAccountId: 'a' }),
      row('out', { type: 'PAYOUT', amount: 30n, sourceAccountId: 'a', destinationAccountId: 'payee' }),
      // The input already has source and destination swapped, because the money of these rows moves back.
      row('refund', { type: 'PAYIN', status: 'REFUNDED', amount: 40n, sourceAccountId: 'a' }),
      row('return', { type: 'PAYOUT', status: 'REFUNDED', amount: 5n, destinationAccountId: 'a' }),
      row('reversed', { type: 'PAYIN', status: 'REFUND_REVERSED', amount: 7n, destinationAccountId: 'a' }),
      row('move', { type: 'TRANSFER', amount: 11n, sourceAccountId: 'a', destinationAccountId: 'b' }),
      row('fee', { type: 'OTHER', amount: 1n, sourceAccountId: 'b' }),
      row('sold', { type: 'TRANSFER', amount: 2n, sourceAccountId: 'b' }),
      row('bought', { type: 'TRANSFER', amount: 3n, asset: 'USD/2', destinationAccountId: 'b' }),
    );
    expect(await readTotals()).toEqual({
      'a EUR/2': 100n - 30n - 40n + 5n + 7n - 11n,
      'b EUR/2': 11n - 1n - 2n,
      'b USD/2': 3n,
    });
  });

  test('do not count money that has not moved, and follow every change of a row', async () => {
    const to = { destinationAccountId: 'a' };
    const totals: (bigint | undefined)[] = [];
    for (const status of [
      'PENDING',
      'SUCCEEDED',
      'DISPUTE',
      'DISPUTE_LOST',
      'DISPUTE_WON',
      'FAILED',
    ] as const) {
      await append(row('t', { status, ...to }));
      totals.push((await readTotals())['a EUR/2']);
    }
    expect(totals).toEqual([undefined, 100n, 100n, 0n, 100n, 0n]);
  });

  test('are the same for versions of one row in one page, and for pages that are appended again', async () => {
    const versions = (['PENDING', 'SUCCEEDED', 'FAILED'] as const).map((status) =>
      row('t', { status, destinationAccountId: 'a' }),
    );
    await append(...versions.slice(0, 2), row('u', { destinationAccountId: 'a', amount: 7n }));
    await append(...versions.slice(0, 2));
    expect(await readTotals()).toEqual({ 'a EUR/2': 107n });
    await append(versions[2]!);
    expect(await readTotals()).toEqual({ 'a EUR/2': 7n });
  });

  test('keep a return that is repeated with the amount 0', async () => {
    const back = { type: 'PAYOUT', status: 'REFUNDED', destinationAccountId: 'a' } as const;
    await append(row('r', back));
    await append(row('r', { ...back, amount: 0n }));
    await append(row('r', { ...back, amount: 0n, createdAt: '2026-01-01T00:00:09Z' }));
    expect(await readTotals()).toEqual({ 'a EUR/2': 100n });
  });

  test('are exact beyond the integers of a database', async () => {
    const large = 9_223_372_036_854_775_807n;
    await append(
      row('1', { amount: large, destinationAccountId: 'a' }),
      row('2', { amount: large, destinationAccountId: 'a' }),
    );
    expect(await readTotals()).toEqual({ 'a EUR/2': 2n * large });
  });

  test('contain the rows that an order publishes between two pages of a pull', async () => {
    await append(row('1', { destinationAccountId: 'a' }));
    const order = {
      ...{ id: 'order', idempotencyKey: 'order', pspKey: 'order', kind: 'PAYOUT' as const, request: '{}' },
      ...{ amount: 1n, asset: 'EUR/2', createdAt: AT },
    };
    const payout = row('2', { type: 'PAYOUT', amount: 30n, sourceAccountId: 'a' });
    await store
      .orders('bank')
      .insertOrGet(order, () => ({ set: {}, publishedRecords: [serializeTransaction(payout)] }));
    await append(row('3', { amount: 7n, destinationAccountId: 'a' }));
    await append(row('4', { amount: 2n, destinationAccountId: 'a' }));
    expect(await readTotals()).toEqual({ 'a EUR/2': 100n - 30n + 7n + 2n });
  });

  test('know which rows the PSP booked after a suspect observation', async () => {
    await append(row('1', { destinationAccountId: 'a' }));
    const completeness = store.completeness('bank');
    expect(await completeness.read(['unknown'])).toEqual({ sums: [], headSeq: 1, startsAtFirstRow: true });
    const suspect = { at: AT + 5_000, balance: 150n, after: 0n, since: AT };
    const check: AccountCheck = {
      ...{ opening: 0n, isOpeningProven: true, agreed: undefined, gap: undefined, rereadAt: undefined },
      suspect,
    };
    await completeness.update(['a'], ({ sums, headSeq, startsAtFirstRow }) => {
      expect([sums.map(({ total }) => total), headSeq, startsAtFirstRow]).toEqual([[100n], 1, true]);
      return { checks: [{ accountId: 'a', asset: 'EUR/2', check }], warnings: [], resolvedIds: [] };
    });
    await append(
      row('2', { amount: 50n, destinationAccountId: 'a', createdAt: '2026-01-01T00:00:04Z' }),
      row('3', { amount: 9n, destinationAccountId: 'a', createdAt: '2026-01-01T00:00:06Z' }),
    );
    const [sum] = await completeness.list();
    expect(await completeness.read(['a', 'unknown'])).toEqual({
      ...{ sums: [sum], headSeq: 3, startsAtFirstRow: true },
    });
    expect(sum).toEqual({
      ...{ accountId: 'a', asset: 'EUR/2', total: 159n },
      check: { ...check, suspect: { ...suspect, after: 9n } },
    } satisfies AccountSum);
  });

  test('are not taken from memory if a check was written while an append waited for the lock', () => {
    const feed = { checksVersion: 0 };
    const knownSums = new AccountSumCache(feed);
    const sum = { accountId: 'a', asset: 'EUR/2', total: 1n, check: INITIAL_ACCOUNT_CHECK };
    const sums = new Map([['a EUR/2', sum]]);
    knownSums.remember([{ accountIds: new Set(['a']), sums }], 1, feed.checksVersion);
    expect([...knownSums.accountIds]).toEqual(['a']);
    const head = { seq: 1, time: undefined, hasHeldRows: false };
    expect(knownSums.find(head)).toHaveLength(1);
    expect(knownSums.findAfterAppend(['a'])).toEqual([sum]);
    expect(knownSums.findAfterAppend(['a', 'b'])).toBeUndefined();
    feed.checksVersion++;
    expect(knownSums.find(head)).toEqual([]);
    expect(knownSums.findAfterAppend(['a'])).toBeUndefined();
  });

  test('are known after an append, with the sums of accounts that the append read in advance', async () => {
    await append(row('1', { destinationAccountId: 'a' }), row('2', { destinationAccountId: 'b' }));
    await lease.release();
    lease = (await (await store.feed('bank', 'transactions')).acquireLease(getCurrentProcess(), 60_000))!;
    lease.preloadSums(['a', 'b', 'unknown']);
    expect(lease.findSums(['a'])).toBeUndefined();
    await append(row('3', { amount: 7n, destinationAccountId: 'a' }));
    const completeness = store.completeness('bank');
    expect(lease.findSums(['a', 'b', 'unknown'])).toEqual(await completeness.read(['a', 'b', 'unknown']));
    expect(lease.findSums(['c'])).toBeUndefined();
    await completeness.update([], () => {
      const check = { ...INITIAL_ACCOUNT_CHECK, opening: 1n };
      return { checks: [{ accountId: 'a', asset: 'EUR/2', check }], warnings: [], resolvedIds: [] };
    });
    expect(lease.findSums(['a'])).toBeUndefined();
  });

  test('of a few accounts are written with the row of the feed, and not as rows of account_sums', async () => {
    const readRows = () =>
      runSql(fresh.url, 'select account_id, total from account_sums order by account_id');
    await append(row('1', { destinationAccountId: 'a' }), row('2', { destinationAccountId: 'b' }));
    await append(row('3', { amount: 7n, destinationAccountId: 'a' }));
    expect(await readRows()).toEqual([]);
    const completeness = store.completeness('bank');
    expect(await readTotals()).toEqual({ 'a EUR/2': 107n, 'b EUR/2': 100n });
    expect((await completeness.read(['a', 'unknown'])).sums.map(({ total }) => total)).toEqual([107n]);
    // The state of the check of `a` is stored. Then the sums of both accounts are rows of the table.
    const check = { ...INITIAL_ACCOUNT_CHECK, opening: 1n };
    await completeness.update([], () => ({
      ...{ checks: [{ accountId: 'a', asset: 'EUR/2', check }], warnings: [], resolvedIds: [] },
    }));
    expect(await readRows()).toEqual([
      { account_id: 'a', total: '107' },
      { account_id: 'b', total: '100' },
    ]);
    await append(row('4', { amount: 9n, destinationAccountId: 'a' }));
    expect(await readRows()).toHaveLength(2);
    expect((await completeness.list()).map(({ accountId, total }) => [accountId, total])).toEqual([
      ['a', 116n],
      ['b', 100n],
    ]);
    expect((await completeness.list())[0]?.check).toEqual(check);
  });

  test('are the same for any number of accounts, leases and stored checks', async () => {
    const expected = new Map<string, bigint>();
    const check = { ...INITIAL_ACCOUNT_CHECK, opening: 0n };
    for (let page = 0; page < 12; page++) {
      // Some pages change few accounts, and some pages change more accounts than the row of the feed can contain.
      const rows = Array.from({ length: page % 3 === 2 ? 60 : 4 }, (_, index) => {
        const accountId = `account-${(page * 5 + index) % 70}`;
        const amount = BigInt(page * 100 + index + 1);
        const key = `${accountId} EUR/2`;
        expected.set(key, (expected.get(key) ?? 0n) + amount);
        return row(`${page}-${index}`, { amount, destinationAccountId: accountId });
      });
      await append(...rows);
      if (page % 4 === 1)
        await store.completeness('bank').update([], () => ({
          ...{ checks: [{ accountId: 'account-5', asset: 'EUR/2', check }], warnings: [], resolvedIds: [] },
        }));
      if (page % 5 === 3) {
        await lease.release();
        lease = (await (await store.feed('bank', 'transactions')).acquireLease(getCurrentProcess(), 60_000))!;
      }
      expect(await readTotals()).toEqual(Object.fromEntries(expected));
    }
  });

  test('name the rows that moved no money yet', async () => {
    await append(
      row('1', { status: 'PENDING', destinationAccountId: 'a' }),
      row('2', { status: 'PENDING', destinationAccountId: 'b' }),
      row('3', { status: 'PENDING', destinationAccountId: 'a' }),
      row('4', { status: 'OTHER', destinationAccountId: 'a' }),
    );
    await append(row('3', { destinationAccountId: 'a' }));
    const completeness = store.completeness('bank');
    expect(await completeness.describeOpenRows('a', 'EUR/2', 0)).toEqual({ count: 2, ids: ['4', '1'] });
    expect(await completeness.describeOpenRows('a', 'EUR/2', 1)).toEqual({ count: 1, ids: ['4'] });
  });

  test('have checkpoints: many new ones and few old ones, and the beginning before them', async () => {
    const completeness = store.completeness('bank');
    for (let seq = 1; seq <= 100; seq++)
      await completeness.update([], () => ({
        ...{ checks: [], warnings: [], resolvedIds: [] },
        checkpoint: { seq, cursor: `c${seq}` },
      }));
    expect(await completeness.findCheckpoint(0)).toEqual({ seq: 0, cursor: undefined });
    const found = await Promise.all(
      [100, 99, 95, 60].map(async (seq) => seq - (await completeness.findCheckpoint(seq)).seq),
    );
    expect(found.slice(0, 3)).toEqual([0, 0, 0]);
    expect(found[3]).toBeLessThan(20);
  });
});

function row(
  id: string,
  {
    amount = 100n,
    asset = 'EUR/2',
    ...rest
  }: Partial<Omit<Transaction, 'amount'>> & { amount?: bigint; asset?: string },
): Transaction {
  return {
    ...{ id, createdAt: '2026-01-01T00:00:00Z', type: 'PAYIN', status: 'SUCCEEDED' },
    amount: { amount, asset },
    ...rest,
  };
}
