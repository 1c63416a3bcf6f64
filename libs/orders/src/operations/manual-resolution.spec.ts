/** Tests that operators can set the final state of an order, and that the function rejects this where it is not safe. */
import { openStore, getCurrentProcess, type MutableOrderFields, type Store } from '@tributary/feed';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { runSql } from '../../../feed/src/testing/raw-sql.js';
import { DEFAULT_STORE, type FreshStore } from '../../../feed/src/testing/stores.js';
import { DEFAULT_ORDER_TIMINGS } from '../state-machine/order-timings.js';
import { addPublication } from '../publication/publish-order.js';
import { resolveOrder, type Resolution } from './manual-resolution.js';

let fresh: FreshStore;
let store: Store;
beforeAll(async () => {
  fresh = await DEFAULT_STORE.createMigrated();
  store = await openStore(fresh.url);
});
afterAll(async () => {
  await store.close();
  await fresh.remove();
});

const ORDERED_AT = Date.UTC(2026, 2, 1, 12);
const RESOLVED_AT = ORDERED_AT + 20 * 60_000;
const AUTHOR = { by: 'alice', via: 'api', connector: 'bank' } as const;
const holder = getCurrentProcess();
const UNKNOWN_OUTCOME: Partial<MutableOrderFields> = {
  state: 'unknown',
  attempts: 1,
  outcomeUnknownSince: ORDERED_AT,
};

/**
 * Stores an order in the given state, with the rows that the library would have published.
 * @returns the id of the order
 */
async function storeOrder(progress: Partial<MutableOrderFields>): Promise<string> {
  const id = `order-${randomUUID()}`;
  const request = JSON.stringify({ sourceAccountId: 'main', destinationAccountId: 'ben-1', metadata: {} });
  await store.orders('bank').insertOrGet(
    {
      ...{ id, idempotencyKey: `key of ${id}`, pspKey: `psp-${id}`, kind: 'PAYOUT', request },
      ...{ amount: 1250n, asset: 'EUR/2', createdAt: ORDERED_AT },
    },
    () => ({ set: { state: 'received', details: '{}', changedAt: ORDERED_AT }, event: 'received' }),
  );
  await store
    .orders('bank')
    .update(id, (order) =>
      addPublication(order, { set: progress }, ORDERED_AT + 10_000, DEFAULT_ORDER_TIMINGS),
    );
  return id;
}

const resolve = (id: string, resolution: Partial<Resolution>, now = RESOLVED_AT) =>
  resolveOrder(
    store.orders('bank'),
    id,
    { as: 'succeeded', note: 'dashboard, ticket 4711', ...resolution },
    { holder, now, timings: DEFAULT_ORDER_TIMINGS },
    AUTHOR,
  );

/** Returns the rows of an order that clients read, oldest first. */
async function readRows(id: string) {
  const feed = await store.feed('bank', 'transactions');
  const { body } = await feed.readPage(undefined, 1, 10_000);
  const rows = JSON.parse(body.toString()) as Record<string, string>[];
  return rows.filter((row) => row['relatedTransactionID'] === `key of ${id}`);
}

describe('an order whose outcome is unknown', () => {
  it.each([
    ['succeeded', ['PENDING', 'SUCCEEDED']],
    ['failed', ['PENDING', 'FAILED']],
    ['returned', ['PENDING', 'SUCCEEDED', 'REFUNDED']],
  ] as const)('can be said to have %s', async (as, statuses) => {
    const id = await storeOrder(UNKNOWN_OUTCOME);
    expect(await resolve(id, { as, pspId: `po-${id}` })).toMatchObject({ order: { state: as } });
    const rows = await readRows(id);
    expect(rows.map(({ status }) => status)).toEqual(statuses);
    expect(rows.map(({ amount }) => amount)).toEqual(statuses.map(() => '1250'));
    const times = rows.map(({ createdAt }) => Date.parse(createdAt ?? ''));
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
    // The only remaining action is the second publication of the outcome, one hour after the response.
    const republishAt = ORDERED_AT + 10_000 + 3_600_000;
    expect(await store.orders('bank').find(id)).toMatchObject({
      pspId: `po-${id}`,
      nextActionAt: republishAt,
    });
    expect((await store.orders('bank').readHistory(id)).at(-1)).toMatchObject({
      state: as,
      event: `an operator says ${as}: dashboard, ticket 4711`,
    });
  });

  it('tells clients that a person said so, but not the note', async () => {
    const id = await storeOrder(UNKNOWN_OUTCOME);
    await resolve(id, { as: 'failed' });
    const [, row] = await readRows(id);
    expect(row).toMatchObject({
      metadata: { 'com.tributary.spec/failure_code': 'resolved_by_operator' },
    });
    expect(JSON.stringify(row)).not.toContain('4711');
  });

  it('is told to clients only when they have surely read the answer', async () => {
    const id = await storeOrder(UNKNOWN_OUTCOME);
    const answered = ORDERED_AT + 10_000;
    await resolve(id, { pspId: `po-${id}` }, answered + 5_000);
    expect((await readRows(id)).map(({ status }) => status)).toEqual(['PENDING']);
    expect(await store.orders('bank').find(id)).toMatchObject({
      state: 'succeeded',
      nextActionAt: answered + DEFAULT_ORDER_TIMINGS.publishDelayMs,
    });
  });

  it('is resolved together with an audit event, or not at all', async () => {
    const id = await storeOrder(UNKNOWN_OUTCOME);
    const before = [await store.orders('bank').find(id), await readRows(id)];
    await runSql(fresh.url, 'alter table audit_events rename to audit_events_away');
    await expect(resolve(id, { as: 'failed' })).rejects.toThrow('audit_events');
    await runSql(fresh.url, 'alter table audit_events_away rename to audit_events');
    expect([await store.orders('bank').find(id), await readRows(id)]).toEqual(before);
    await resolve(id, { as: 'failed', pspId: `po-${id}` });
    const [event] = await store.operator().listAuditEvents(undefined, undefined, 1);
    expect(event).toMatchObject({
      ...{ ...AUTHOR, action: 'order.resolved' },
      details: {
        ...{ order: id, before: 'unknown', after: 'failed' },
        ...{ note: 'dashboard, ticket 4711', pspId: `po-${id}` },
      },
    });
  });

  it('takes the order from a gateway that still works on it', async () => {
    const id = await storeOrder(UNKNOWN_OUTCOME);
    const before = await store.orders('bank').find(id);
    await resolve(id, { as: 'failed' });
    expect((await store.orders('bank').find(id))?.fencingToken).toBeGreaterThan(
      before?.fencingToken ?? Infinity,
    );
  });
});

describe('is refused, and changes nothing:', () => {
  const DEAD = spawnSync(process.execPath, ['-e', '']).pid;
  const leasedBy = (pid: number): Partial<MutableOrderFields> => ({
    holder: JSON.stringify([holder.host, pid, 'x', 'y']),
    leasedUntil: RESOLVED_AT + 30_000,
  });

  it.each<[string, Partial<MutableOrderFields>, Partial<Resolution>, string]>([
    [
      'one that is being sent',
      { ...UNKNOWN_OUTCOME, state: 'sending', ...leasedBy(process.pid) },
      {},
      'try again in 30 s',
    ],
    [
      'one that is being looked for',
      { ...UNKNOWN_OUTCOME, ...leasedBy(process.pid) },
      {},
      'a gateway is working on it',
    ],
    [
      'failed, soon after it was sent',
      { ...UNKNOWN_OUTCOME, outcomeUnknownSince: RESOLVED_AT - 10_000 },
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
      { ...UNKNOWN_OUTCOME, pspId: 'po-known' },
      { pspId: 'po-other' },
      'under the id po-known',
    ],
  ])('%s', async (_what, progress, resolution, reason) => {
    const id = await storeOrder(progress);
    const before = [await store.orders('bank').find(id), await readRows(id)];
    expect(await resolve(id, resolution)).toEqual({ error: expect.stringContaining(reason) as string });
    expect([await store.orders('bank').find(id), await readRows(id)]).toEqual(before);
  });

  it('an id that another order has', async () => {
    const [one, other] = [await storeOrder(UNKNOWN_OUTCOME), await storeOrder(UNKNOWN_OUTCOME)];
    await resolve(one, { pspId: 'po-taken' });
    expect(await resolve(other, { pspId: 'po-taken' })).toEqual({
      error: `the PSP's id po-taken belongs to order ${one} (key of ${one})`,
    });
  });

  it('but not because of a gateway that has died with it', async () => {
    const id = await storeOrder({
      ...UNKNOWN_OUTCOME,
      state: 'sending',
      sentAt: ORDERED_AT,
      ...leasedBy(DEAD),
    });
    expect(await resolve(id, {})).toMatchObject({ order: { state: 'succeeded' } });
  });
});
