/**
 * Tests that a row that refers to an original comes after the original. If the original does not come in time, the row is served without
 * the reference. When the original comes later, the row is served again with the reference.
 */
import { serializeTransaction, type Transaction } from '@tributary/connector-api';
import { getCurrentProcess } from '../leases/lease-holder.js';
import { adoptConnector } from '../maintenance/adopt-connector.js';
import { openStore } from '../store/open-store.js';
import { STORES, type FreshStore } from '../testing/stores.js';
import type { Lease, Store } from '../types/store.types.js';

const START = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe.each(STORES)('rows that name an original, in $name', (kind) => {
  let fresh: FreshStore;
  let stores: Store[];
  let now: number;
  let lease: Lease;
  beforeEach(async () => {
    now = START;
    fresh = await kind.createMigrated();
    stores = [await openStore(fresh.url, () => now)];
    lease = await acquire();
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    await fresh.remove();
  });

  const acquire = async () =>
    (await (await stores.at(-1)!.feed('bank', 'transactions')).acquireLease(getCurrentProcess(), HOUR_MS))!;
  const append = (...rows: Transaction[]) =>
    lease.append({
      records: rows.map((row) => serializeTransaction(row)),
      ...{ rejected: [], warnings: [], resolvedIds: [], balances: [], cursor: 'c' },
    });
  const readRows = async () => {
    const { body } = await (await stores[0]!.feed('bank', 'transactions')).readPage(undefined, 1, 100);
    return (JSON.parse(body.toString()) as Record<string, unknown>[]).map(
      ({ id, status, relatedTransactionID }) => [id, status, relatedTransactionID ?? '-'].join(' '),
    );
  };
  const readWarnings = async () => (await stores[0]!.listQuarantine()).map(({ reason }) => reason);
  const readTotal = async () => (await stores[0]!.completeness('bank').list())[0]?.total;

  test('wait for it, also when it comes from another gateway, and on one page', async () => {
    expect(await append(row('r1', 'p', 'PENDING'), row('r2', 'r1'), row('q'))).toMatchObject({ added: 3 });
    expect(await append(row('r1', 'p'))).toMatchObject({ added: 0, changed: 1 });
    expect(await append(row('r1', 'p'))).toMatchObject({ changed: 0, unchanged: 1 });
    expect(await readRows()).toEqual(['q SUCCEEDED -']);
    // The money of these rows has already moved although the rows wait for their originals, so the balances contain it.
    expect(await readTotal()).toBe(10n - 1n - 1n);
    await lease.release();
    stores.push(await openStore(fresh.url, () => now));
    lease = await acquire();
    expect(await append(row('r3', 'p'), row('p'))).toMatchObject({ added: 2, changed: 0 });
    expect(await readRows()).toEqual([
      'q SUCCEEDED -',
      'p SUCCEEDED -',
      'r1 PENDING p',
      'r2 REFUNDED r1',
      'r1 REFUNDED p',
      'r3 REFUNDED p',
    ]);
    expect(await readTotal()).toBe(20n - 3n);
    await lease.serveOverdueRows(0);
    expect(await readRows()).toHaveLength(6);
    expect(await readWarnings()).toEqual([]);
  });

  test('are served alone when it has not come for a day, with a warning, and again with the reference when it comes', async () => {
    await append(row('r', 'p/1', 'PENDING'), row('q'));
    now += DAY_MS - 1;
    await lease.serveOverdueRows(DAY_MS);
    expect(await readRows()).toEqual(['q SUCCEEDED -']);
    now += 1;
    await lease.serveOverdueRows(DAY_MS);
    await lease.serveOverdueRows(DAY_MS);
    await append(row('r', 'p/1'));
    expect(await readRows()).toEqual(['q SUCCEEDED -', 'r PENDING -', 'r REFUNDED -']);
    expect(await readWarnings()).toEqual([
      expect.stringMatching(/^the original of 1 transactions .*: r \(original p~2F1\)\./),
    ]);
    expect(await readTotal()).toBe(10n - 1n);
    await append(row('p/1'));
    expect((await readRows()).slice(3)).toEqual(['p~2F1 SUCCEEDED -', 'r PENDING p~2F1', 'r REFUNDED p~2F1']);
    expect(await readWarnings()).toEqual([]);
    expect(await append(row('r', 'p/1', 'PENDING'), row('r', 'p/1'))).toMatchObject({ unchanged: 2 });
    expect(await readTotal()).toBe(20n - 1n);
  });

  test('are served alone in their sequence, also the versions that came less than a day ago', async () => {
    await append(row('r', 'p', 'PENDING'));
    now += DAY_MS - HOUR_MS;
    await append(row('r', 'p', 'DISPUTE'));
    now += HOUR_MS;
    await lease.serveOverdueRows(DAY_MS);
    now += HOUR_MS;
    await append(row('r', 'p'));
    now += DAY_MS;
    await lease.serveOverdueRows(DAY_MS);
    expect(await readRows()).toEqual(['r PENDING -', 'r DISPUTE -', 'r REFUNDED -']);
    await append(row('p'));
    expect((await readRows()).slice(3)).toEqual([
      'p SUCCEEDED -',
      'r PENDING p',
      'r DISPUTE p',
      'r REFUNDED p',
    ]);
  });

  test('are never served after a newer version that need not wait', async () => {
    // The newer versions refer to no original, or to an original that is already in the feed.
    await append(row('q'), row('r', 'p', 'PENDING'), row('s', 'p', 'PENDING'));
    const newer = { ...row('r', 'p'), relatedTransactionId: undefined };
    await append(newer, row('s', 'q'));
    const rows = ['q SUCCEEDED -', 'r REFUNDED -', 's REFUNDED q'];
    expect(await readRows()).toEqual(rows);
    expect(await readTotal()).toBe(10n - 1n - 1n);
    // The listing of the PSP returns the older version again.
    expect(await append(row('r', 'p', 'PENDING'))).toMatchObject({ unchanged: 1 });
    now += DAY_MS;
    await lease.serveOverdueRows(DAY_MS);
    await append(row('p'));
    expect(await readRows()).toEqual([...rows, 'p SUCCEEDED -']);
    expect(await readWarnings()).toEqual([]);
    await append({ ...newer, status: 'FAILED' });
    expect(await readTotal()).toBe(20n - 1n);
  });

  test('are not corrected after a newer version that names another original', async () => {
    await append(row('q'), row('r', 'p', 'PENDING'), row('s', 'p', 'PENDING'), row('s', 'o'));
    await append(row('t', 'p', 'PENDING'), { ...row('t', 'p'), relatedTransactionId: undefined });
    now += DAY_MS;
    await lease.serveOverdueRows(DAY_MS);
    const rows = ['q SUCCEEDED -', 't REFUNDED -', 'r PENDING -', 's PENDING -', 's REFUNDED -'];
    expect(await readRows()).toEqual(rows);
    await append(row('r', 'q'));
    expect(await readWarnings()).toEqual([expect.stringMatching(/^the original of 1 .*: s \(/)]);
    await append(row('p'), row('o'));
    expect((await readRows()).slice(rows.length)).toEqual([
      'r REFUNDED q',
      'p SUCCEEDED -',
      'o SUCCEEDED -',
      's REFUNDED o',
    ]);
    expect(await readWarnings()).toEqual([]);
    expect(await readTotal()).toBe(30n - 3n);
  });

  test('of a former account are served alone after a reset, unless the new account lists them', async () => {
    await append(row('q'), row('r', 'p'), row('s', 'p'), row('t', 'o'));
    await lease.release();
    await stores.pop()!.close();
    await adoptConnector(fresh.url, { path: 'bank', plugin: 'sandbox', account: undefined }, true);
    stores.push(await openStore(fresh.url, () => now));
    lease = await acquire();
    expect(await append(row('s', 'p'), row('t', 'o'))).toMatchObject({ added: 2, unchanged: 0 });
    await append(row('p'));
    await lease.serveOverdueRows(DAY_MS);
    const rows = ['q SUCCEEDED -', 'p SUCCEEDED -', 's REFUNDED p', 'r REFUNDED -'];
    expect(await readRows()).toEqual(rows);
    expect(await readWarnings()).toEqual([]);
    await append(row('o'));
    await lease.serveOverdueRows(0);
    expect(await readRows()).toEqual([...rows, 'o SUCCEEDED -', 't REFUNDED o']);
  });

  test('wait and come back in any number', async () => {
    // This number of rows is higher than the number that one statement can write.
    const count = 4_000;
    await append(...Array.from({ length: count }, (_, index) => row(`r${index}`, 'p')));
    expect(await readRows()).toEqual([]);
    await append(row('p'));
    expect((await (await stores[0]!.feed('bank', 'transactions')).head()).rows).toBe(count + 1);
  });
});

/** Creates a payment of 10. If `original` is given, it creates a refund of 1 that refers to this original. */
function row(id: string, original?: string, status: Transaction['status'] = 'REFUNDED'): Transaction {
  return {
    ...{ id, createdAt: '2025-12-31T00:00:00Z', type: 'PAYIN' as const },
    ...(original === undefined
      ? { status: 'SUCCEEDED', amount: { amount: 10n, asset: 'EUR/2' }, destinationAccountId: 'a' }
      : {
          status,
          amount: { amount: 1n, asset: 'EUR/2' },
          sourceAccountId: 'a',
          relatedTransactionId: original,
        }),
  };
}
