/** Tests the matching of listed transactions with orders, through a pull of sync. */
import type { Page, Transaction } from '@tributary/connector-api';
import { SyncEngine } from '@tributary/sync';
import { DeskBench, type Gateway } from './testing/desk-bench.js';
import { FakePsp, drops, paysAndDrops } from './testing/fake-psp.js';

let bench: DeskBench;
beforeEach(() => {
  bench = new DeskBench();
});
afterEach(() => bench.close());

const START = Date.UTC(2026, 0, 1);

function movement(id: string, changes: Partial<Transaction> = {}): Transaction {
  return {
    id,
    createdAt: new Date(START).toISOString(),
    type: 'PAYOUT',
    status: 'SUCCEEDED',
    amount: { amount: 1250n, asset: 'EUR/2' },
    ...changes,
  };
}

/** Pulls the gateway's transactions once from a listing of these items. @returns the error if the pull did not catch up */
async function pull(
  { store, claims }: Gateway,
  items: Page<Transaction>['items'],
): Promise<string | undefined> {
  const psp = new FakePsp();
  psp.transactions = async function* () {
    yield { items, cursor: String(items.length) };
  } as never;
  const sync = new SyncEngine(store, [{ path: 'bank', psp, every: 60_000, claims }], bench.options());
  const runs = await sync.runOnce('bank');
  return runs.find(({ stream }) => stream === 'transactions')?.error;
}

const shown = async (gateway: Gateway) =>
  (await bench.rows(gateway)).map(({ id, status }) => `${id} ${status}`);

describe('a movement of the listing that is an order', () => {
  it.each([
    ['by the id that the PSP answered with', { id: 'psp-1', key: false }],
    ['by the key that the listing repeats', { id: 'movement-7', key: true }],
  ])('is told %s, changes its status, and is not served a second time', async (_, { id, key }) => {
    bench.psp.first = 'PENDING';
    const gateway = await bench.open({ start: false });
    const answer = await bench.pay(gateway.desk);
    const orderKey = bench.psp.sent[0]!;
    const listed = (status: Transaction['status']) => movement(id, { status, ...(key ? { orderKey } : {}) });
    expect(await pull(gateway, [listed('PENDING'), movement('other', { type: 'PAYIN' })])).toBeUndefined();
    expect(await pull(gateway, [listed('SUCCEEDED')])).toBeUndefined();
    expect(await pull(gateway, [listed('SUCCEEDED')])).toBeUndefined();
    await bench.untilTold(gateway);
    expect(await shown(gateway)).toEqual([
      `${answer.id} PENDING`,
      'other SUCCEEDED',
      `${answer.id} SUCCEEDED`,
    ]);
    expect((await bench.order(gateway)).state).toBe('succeeded');
  });

  it('ends the uncertainty about an order whose answer was lost', async () => {
    const gateway = await bench.open({ start: false });
    bench.psp.faults = [paysAndDrops];
    const answer = await bench.pay(gateway.desk);
    await pull(gateway, [movement('psp-1', { orderKey: bench.psp.sent[0]! })]);
    expect((await bench.order(gateway)).state).toBe('succeeded');
    await bench.untilTold(gateway);
    expect(await shown(gateway)).toEqual([`${answer.id} PENDING`, `${answer.id} SUCCEEDED`]);
    expect(bench.psp.sent).toHaveLength(1);
  });

  it('does not turn a status back', async () => {
    const gateway = await bench.open({ start: false });
    const answer = await bench.pay(gateway.desk);
    for (let again = 0; again < 3; again++) await pull(gateway, [movement('psp-1', { status: 'PENDING' })]);
    expect(await shown(gateway)).toEqual([`${answer.id} SUCCEEDED`]);
    const events = await bench.events(gateway);
    expect(events.filter((event) => event.includes('older than what is known'))).toHaveLength(1);
  });

  it('that contradicts what is final has the PSP asked, whose word counts', async () => {
    const gateway = await bench.open();
    const answer = await bench.pay(gateway.desk);
    await bench.untilTold(gateway);
    await pull(gateway, [movement('psp-1', { status: 'FAILED' })]);
    await bench.pass(2_000);
    expect(await shown(gateway)).toEqual([`${answer.id} SUCCEEDED`]);
    bench.psp.settle(bench.psp.sent[0]!, 'FAILED');
    await pull(gateway, [movement('psp-1', { status: 'FAILED' })]);
    await bench.passUntil(gateway, 'failed');
    bench.psp.settle(bench.psp.sent[0]!, 'SUCCEEDED');
    await pull(gateway, [movement('psp-1')]);
    await bench.passUntil(gateway, 'succeeded');
    expect(await shown(gateway)).toEqual(
      ['SUCCEEDED', 'FAILED', 'SUCCEEDED'].map((status) => `${answer.id} ${status}`),
    );
  });

  it.each([
    ['after clients were told', true],
    ['before they may be told', false],
  ])(
    'that contradicts what is final %s is not forgotten when the PSP cannot be asked at that moment',
    async (_, told) => {
      bench.psp.first = told ? 'SUCCEEDED' : 'PENDING';
      const gateway = await bench.open();
      const answer = await bench.pay(gateway.desk);
      bench.psp.settle(bench.psp.sent[0]!, 'SUCCEEDED');
      await bench.passUntil(gateway, 'succeeded');
      if (told) await bench.untilTold(gateway);
      bench.psp.settle(bench.psp.sent[0]!, 'FAILED');
      const down = () => {
        throw new Error('down');
      };
      bench.psp.looks = [down, down, down];
      // The listing reports the change once, because its cursor moves on.
      await pull(gateway, [movement('psp-1', { status: 'FAILED' })]);
      await bench.passUntil(gateway, 'failed');
      await bench.untilTold(gateway);
      expect(bench.psp.looks).toEqual([]);
      const first = told ? [] : ['PENDING'];
      const statuses = [...first, 'SUCCEEDED', 'FAILED'];
      expect(await shown(gateway)).toEqual(statuses.map((status) => `${answer.id} ${status}`));
      const looked = bench.psp.looked.length;
      await bench.pass(3_600_000, 60_000);
      expect(bench.psp.looked).toHaveLength(looked);
    },
  );

  it('and comes back is a return, whether the listing flips it or lists a row of its own', async () => {
    const gateway = await bench.open({ start: false });
    const first = await bench.pay(gateway.desk);
    const second = await bench.pay(gateway.desk, { idempotencyKey: 'pi-2' });
    const back = movement('back-1', { relatedTransactionId: 'psp-1', status: 'REFUNDED' });
    await pull(gateway, [back, movement('psp-2', { status: 'REFUNDED' })]);
    await pull(gateway, [back, movement('psp-2', { status: 'REFUNDED' })]);
    await bench.untilTold(gateway);
    // The order in which the two returns are published is not defined.
    const [paid, cameBack] = [(await shown(gateway)).slice(0, 2), (await shown(gateway)).slice(2)];
    expect(paid).toEqual([`${first.id} SUCCEEDED`, `${second.id} SUCCEEDED`]);
    expect(cameBack.toSorted()).toEqual(
      [`${first.id}-return REFUNDED`, `${second.id}-return REFUNDED`].toSorted(),
    );
  });

  it('and comes back in part keeps its status; the part is tied to it', async () => {
    const gateway = await bench.open({ start: false });
    const idempotencyKey = 'pi 1/2';
    await bench.pay(gateway.desk, { idempotencyKey });
    const amount = { amount: 50n, asset: 'EUR/2' };
    await pull(gateway, [movement('back-1', { relatedTransactionId: 'psp-1', status: 'REFUNDED', amount })]);
    expect((await bench.rows(gateway)).at(-1)).toMatchObject({
      id: 'back-1',
      relatedTransactionID: idempotencyKey,
      amount: '50',
      status: 'REFUNDED',
    });
    expect((await bench.order(gateway, idempotencyKey)).state).toBe('succeeded');
  });

  it('is told by our key, where the PSP has given two orders one id; people learn of that', async () => {
    const gateway = await bench.open({ start: false });
    bench.psp.faults = ['pi-1', 'pi-2'].map(() => () => ({ id: 'same', status: 'PENDING' as const }));
    for (const idempotencyKey of ['pi-1', 'pi-2']) await bench.pay(gateway.desk, { idempotencyKey });
    const findings = await gateway.store.quarantine('bank');
    expect(findings.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('one of them may never have been paid'),
    ]);
    await pull(gateway, [movement('same', { orderKey: bench.psp.sent[0]! })]);
    expect((await bench.order(gateway)).state).toBe('succeeded');
    expect((await bench.order(gateway, 'pi-2')).state).toBe('pending');
  });

  it('with another amount is the order all the same, and logged as an error', async () => {
    const gateway = await bench.open({ start: false });
    await bench.pay(gateway.desk);
    await pull(gateway, [movement('psp-1')]);
    expect(bench.logged('what was paid')).toEqual([]);
    await pull(gateway, [movement('psp-1', { amount: { amount: 125_000n, asset: 'EUR/2' } })]);
    expect(bench.logged('what was paid')).toMatchObject([{ level: 50, reference: 'pi-1' }]);
  });

  it('leaves fees and what else belongs to it alone', async () => {
    const gateway = await bench.open({ start: false });
    await bench.pay(gateway.desk);
    const fee = movement('fee-1', {
      type: 'OTHER',
      relatedTransactionId: 'psp-1',
      orderKey: bench.psp.sent[0]!,
    });
    await pull(gateway, [fee]);
    expect((await bench.rows(gateway)).at(-1)).toMatchObject({
      id: 'fee-1',
      relatedTransactionID: 'psp-1',
      type: 'OTHER',
    });
  });

  it('twice is shown: money that left twice must not hide behind one order', async () => {
    const gateway = await bench.open({ start: false });
    const answer = await bench.pay(gateway.desk);
    const orderKey = bench.psp.sent[0]!;
    await pull(gateway, [movement('psp-1', { orderKey }), movement('psp-9', { orderKey })]);
    expect(await shown(gateway)).toEqual([`${answer.id} SUCCEEDED`, 'psp-9 SUCCEEDED']);
    expect(bench.logged('was it paid twice?')).not.toEqual([]);
  });
});

describe('a movement that may be an order whose answer is not there yet', () => {
  it('waits, with its page, until the answer tells', async () => {
    const gateway = await bench.open({ start: false });
    bench.psp.faults = [paysAndDrops];
    const answer = await bench.pay(gateway.desk);
    const listed = [movement('before', { type: 'PAYIN' }), movement('psp-1')];
    expect(await pull(gateway, listed)).toContain('waits');
    expect(await shown(gateway)).toEqual([`${answer.id} PENDING`]);
    gateway.engine.start();
    await bench.passUntil(gateway, 'succeeded');
    expect(await pull(gateway, listed)).toBeUndefined();
    await bench.untilTold(gateway);
    expect(await shown(gateway)).toEqual([
      `${answer.id} PENDING`,
      'before SUCCEEDED',
      `${answer.id} SUCCEEDED`,
    ]);
  });

  it.each(['inState', 'named'])(
    'is not served as a row of its own, when the answer comes between two looks at the store: after %s',
    async (question) => {
      const gateway = await bench.open({ start: false });
      bench.psp.faults = [paysAndDrops];
      const answer = await bench.pay(gateway.desk);
      const { id } = await bench.order(gateway);
      gateway.watched.onRead = async (name) => {
        if (name !== question) return;
        gateway.watched.onRead = async () => {};
        const set = { state: 'succeeded', pspId: 'psp-1' } as const;
        await gateway.store.orders('bank').change(id, () => ({ set }));
      };
      await pull(gateway, [movement('psp-1')]);
      await pull(gateway, [movement('psp-1')]);
      expect(await shown(gateway)).toEqual([`${answer.id} PENDING`]);
    },
  );

  it('waits a minute at most; if it was the order after all, the quarantine says so', async () => {
    const gateway = await bench.open({ start: false, terms: { key: 'uuid', remembersFor: 0 } });
    bench.psp.faults = [paysAndDrops];
    const answer = await bench.pay(gateway.desk);
    expect(await pull(gateway, [movement('psp-1')])).toContain('waits');
    await bench.clock.advance(59_000);
    expect(await pull(gateway, [movement('psp-1')])).toContain('waits');
    await bench.clock.advance(2_000);
    expect(await pull(gateway, [movement('psp-1')])).toBeUndefined();
    expect(await shown(gateway)).toEqual([`${answer.id} PENDING`, 'psp-1 SUCCEEDED']);
    gateway.engine.start();
    await bench.passUntil(gateway, 'succeeded');
    expect(await gateway.store.quarantine('bank')).toMatchObject([
      { kind: 'finding', reason: expect.stringContaining(answer.id) },
    ]);
  });

  it.each([
    ['is of another amount', { amount: { amount: 1251n, asset: 'EUR/2' } }],
    ['is of another asset', { amount: { amount: 1250n, asset: 'USD/2' } }],
    ['is of another kind', { type: 'TRANSFER' as const }],
    ['is older than the order', { createdAt: new Date(START - 3_600_000).toISOString() }],
  ])('does not wait when it %s', async (_, changes) => {
    const gateway = await bench.open({ start: false });
    bench.psp.faults = [drops];
    await bench.pay(gateway.desk);
    expect(await pull(gateway, [movement('other', changes)])).toBeUndefined();
  });

  it('does not wait when it was served before, in another version', async () => {
    const gateway = await bench.open({ start: false });
    await pull(gateway, [movement('other', { status: 'PENDING' })]);
    bench.psp.faults = [drops];
    await bench.pay(gateway.desk);
    expect(await pull(gateway, [movement('other')])).toBeUndefined();
  });
});

it('refusals and malformed items go their own way', async () => {
  const gateway = await bench.open({ start: false });
  await bench.pay(gateway.desk);
  const items = [{ id: 'psp-1', refused: 'why' }, null, 7, { id: 3 }, { id: 'psp-1', type: 'PAYOUT' }];
  const claimed = await gateway.claims.claim(items);
  expect(claimed).toMatchObject({ items: items.slice(0, 4), records: [] });
});
