/** Tests manual resolutions by operators, and the cases in which they are rejected. */
import { openStore, thisProcess, type OrderProgress, type Store } from '@tributary/feed';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { DEFAULT_STORE, type FreshStore } from '../../feed/src/testing/stores.js';
import { DEFAULT_PACE } from './pace.js';
import { withPublication } from './publication.js';
import { resolveOrder, type Resolution } from './resolve.js';

let fresh: FreshStore;
let store: Store;
beforeAll(async () => {
  fresh = await DEFAULT_STORE.create();
  store = await openStore(fresh.url);
});
afterAll(async () => {
  await store.close();
  await fresh.remove();
});

const ASKED = Date.UTC(2026, 2, 1, 12);
const LATER = ASKED + 20 * 60_000;
const holder = thisProcess();
const UNKNOWN: Partial<OrderProgress> = { state: 'unknown', attempts: 1, unsureSince: ASKED };

/** Stores an order with this progress, published as the library would publish it. @returns its id */
async function orderIn(progress: Partial<OrderProgress>): Promise<string> {
  const id = `order-${randomUUID()}`;
  const request = JSON.stringify({ sourceAccountId: 'main', destinationAccountId: 'ben-1', metadata: {} });
  await store.orders('bank').receive(
    {
      ...{ id, idempotencyKey: `key of ${id}`, pspKey: `psp-${id}`, kind: 'PAYOUT', request },
      ...{ amount: 1250n, asset: 'EUR/2', createdAt: ASKED },
    },
    () => ({ set: { state: 'received', details: '{}', changedAt: ASKED }, event: 'received' }),
  );
  await store
    .orders('bank')
    .change(id, (order) => withPublication(order, { set: progress }, ASKED + 10_000, DEFAULT_PACE));
  return id;
}

const resolve = (id: string, resolution: Partial<Resolution>, now = LATER) =>
  resolveOrder(
    store.orders('bank'),
    id,
    { as: 'succeeded', note: 'dashboard, ticket 4711', ...resolution },
    { holder, now, pace: DEFAULT_PACE },
  );

/** Returns the rows that clients read of an order, oldest first. */
async function rowsOf(id: string) {
  const feed = await store.feed('bank', 'transactions');
  const { body } = await feed.page(undefined, 1, 10_000);
  const rows = JSON.parse(body.toString()) as Record<string, string>[];
  return rows.filter((row) => row['relatedTransactionID'] === `key of ${id}`);
}

describe('an order whose outcome is unknown', () => {
  it.each([
    ['succeeded', ['PENDING', 'SUCCEEDED']],
    ['failed', ['PENDING', 'FAILED']],
    ['returned', ['PENDING', 'SUCCEEDED', 'REFUNDED']],
  ] as const)('can be said to have %s', async (as, statuses) => {
    const id = await orderIn(UNKNOWN);
    expect(await resolve(id, { as, pspId: `po-${id}` })).toMatchObject({ order: { state: as } });
    const rows = await rowsOf(id);
    expect(rows.map(({ status }) => status)).toEqual(statuses);
    expect(rows.map(({ amount }) => amount)).toEqual(statuses.map(() => '1250'));
    const times = rows.map(({ createdAt }) => Date.parse(createdAt ?? ''));
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
    expect(await store.orders('bank').find(id)).toMatchObject({ pspId: `po-${id}`, nextAt: undefined });
    expect((await store.orders('bank').history(id)).at(-1)).toMatchObject({
      state: as,
      event: `an operator says ${as}: dashboard, ticket 4711`,
    });
  });

  it('tells clients that a person said so, but not the note', async () => {
    const id = await orderIn(UNKNOWN);
    await resolve(id, { as: 'failed' });
    const [, row] = await rowsOf(id);
    expect(row).toMatchObject({
      metadata: { 'com.tributary.spec/failure_code': 'resolved_by_operator' },
    });
    expect(JSON.stringify(row)).not.toContain('4711');
  });

  it('is told to clients only when they have surely read the answer', async () => {
    const id = await orderIn(UNKNOWN);
    const answered = ASKED + 10_000;
    await resolve(id, { pspId: `po-${id}` }, answered + 5_000);
    expect((await rowsOf(id)).map(({ status }) => status)).toEqual(['PENDING']);
    expect(await store.orders('bank').find(id)).toMatchObject({
      state: 'succeeded',
      nextAt: answered + DEFAULT_PACE.afterAnswer,
    });
  });

  it('is nobody else’s afterwards: whoever still works on it has lost it', async () => {
    const id = await orderIn(UNKNOWN);
    const before = await store.orders('bank').find(id);
    await resolve(id, { as: 'failed' });
    expect((await store.orders('bank').find(id))?.fence).toBeGreaterThan(before?.fence ?? Infinity);
  });
});

describe('is refused, and changes nothing:', () => {
  const DEAD = spawnSync(process.execPath, ['-e', '']).pid;
  const held = (pid: number) => ({
    holder: JSON.stringify([holder.host, pid, 'x', 'y']),
    leasedUntil: LATER + 30_000,
  });

  it.each<[string, Partial<OrderProgress>, Partial<Resolution>, string]>([
    [
      'one that is being sent',
      { ...UNKNOWN, state: 'sending', ...held(process.pid) },
      {},
      'try again in 30 s',
    ],
    ['one that is being looked for', { ...UNKNOWN, ...held(process.pid) }, {}, 'a gateway is working on it'],
    [
      'failed, soon after it was sent',
      { ...UNKNOWN, unsureSince: LATER - 10_000 },
      { as: 'failed' },
      'try again in 50 s',
    ],
    ['succeeded, and never sent', { state: 'waiting', attempts: 0 }, {}, 'it was never sent'],
    ['what it is already', { state: 'succeeded', attempts: 1 }, {}, 'it is succeeded already'],
    ['failed after success', { state: 'succeeded', attempts: 1 }, { as: 'failed' }, '--as returned'],
    ['returned after failure', { state: 'failed', attempts: 1 }, { as: 'returned' }, '--as succeeded first'],
    ['anything after a return', { state: 'returned', attempts: 1 }, {}, 'nothing can follow'],
    [
      'another id than the PSP gave',
      { ...UNKNOWN, pspId: 'po-known' },
      { pspId: 'po-other' },
      'under the id po-known',
    ],
  ])('%s', async (_what, progress, resolution, reason) => {
    const id = await orderIn(progress);
    const before = [await store.orders('bank').find(id), await rowsOf(id)];
    expect(await resolve(id, resolution)).toEqual({ refused: expect.stringContaining(reason) as string });
    expect([await store.orders('bank').find(id), await rowsOf(id)]).toEqual(before);
  });

  it('an id that another order has', async () => {
    const [one, other] = [await orderIn(UNKNOWN), await orderIn(UNKNOWN)];
    await resolve(one, { pspId: 'po-taken' });
    expect(await resolve(other, { pspId: 'po-taken' })).toEqual({
      refused: `the PSP's id po-taken belongs to order ${one} (key of ${one})`,
    });
  });

  it('but not because of a gateway that has died with it', async () => {
    const id = await orderIn({ ...UNKNOWN, state: 'sending', sentAt: ASKED, ...held(DEAD) });
    expect(await resolve(id, {})).toMatchObject({ order: { state: 'succeeded' } });
  });
});
