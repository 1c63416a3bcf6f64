/** Tests orders that are pending at the PSP: status lookups, returns, metrics and history. */
import type { OrderStatus } from '@tributary/connector-api';
import { DeskBench, type Gateway } from './testing/desk-bench.js';
import { drops } from './testing/fake-psp.js';

let bench: DeskBench;
beforeEach(() => {
  bench = new DeskBench();
  bench.psp.first = 'PENDING';
});
afterEach(() => bench.close());

const statuses = async (gateway: Gateway) =>
  (await bench.rows(gateway)).map(({ id, status }) => `${id.endsWith('-return') ? 'return ' : ''}${status}`);

describe('an order that is pending at the PSP', () => {
  it.each([
    ['SUCCEEDED', ['PENDING', 'SUCCEEDED']],
    ['FAILED', ['PENDING', 'FAILED']],
    ['RETURNED', ['PENDING', 'SUCCEEDED', 'return REFUNDED']],
  ] satisfies [OrderStatus, string[]][])('is followed until it is %s', async (status, expected) => {
    const gateway = await bench.open();
    const answer = await bench.pay(gateway.desk);
    expect(answer.status).toBe('PENDING');
    await bench.pass(60_000, 1_000);
    bench.psp.settle(bench.psp.sent[0]!, status, {
      code: 'account_closed',
      message: 'the account is closed',
    });
    await bench.passUntil(
      gateway,
      status === 'RETURNED' ? 'returned' : status === 'FAILED' ? 'failed' : 'succeeded',
      {
        step: 5_000,
      },
    );
    expect(await statuses(gateway)).toEqual(expected);
    const rows = await bench.rows(gateway);
    expect(
      rows.every(({ type, relatedTransactionID }) => type === 'PAYOUT' && relatedTransactionID === 'pi-1'),
    ).toBe(true);
    const times = rows.map(({ createdAt }) => Date.parse(createdAt));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(times).size).toBe(times.length);
    if (status !== 'SUCCEEDED') {
      expect(rows.at(-1)?.metadata).toMatchObject({
        'com.fake.spec/failure_code': 'account_closed',
        'com.fake.spec/failure_reason': 'the account is closed',
      });
    }
    expect(bench.psp.sent).toHaveLength(1);
  });

  it('is asked for less and less often, and never again when it is final', async () => {
    const gateway = await bench.open();
    await bench.pay(gateway.desk);
    await bench.pass(60_000, 1_000);
    const first = bench.psp.looked.length;
    await bench.pass(3_540_000, 10_000);
    const hour = bench.psp.looked.length;
    expect(first).toBeGreaterThan(4);
    expect(hour - first).toBeLessThan(15);
    bench.psp.settle(bench.psp.sent[0]!, 'SUCCEEDED');
    await bench.passUntil(gateway, 'succeeded', { step: 60_000 });
    const final = bench.psp.looked.length;
    await bench.pass(7_200_000, 60_000);
    expect(bench.psp.looked).toHaveLength(final);
  });

  it('stays so while the PSP cannot be asked, or has forgotten it', async () => {
    const gateway = await bench.open();
    await bench.pay(gateway.desk);
    bench.psp.looks = [
      () => {
        throw new Error('down');
      },
      () => undefined,
    ];
    await bench.pass(10_000, 1_000);
    expect((await bench.order(gateway)).state).toBe('pending');
    expect(bench.psp.sent).toHaveLength(1);
  });
});

it('an order that succeeded and came back keeps its row; the return is a row of its own with what came back', async () => {
  bench.psp.first = 'RETURNED';
  const gateway = await bench.open();
  const answer = await bench.pay(gateway.desk);
  expect(answer.status).toBe('SUCCEEDED');
  await bench.untilTold(gateway);
  const rows = await bench.rows(gateway);
  expect(rows).toMatchObject([
    { id: answer.id, status: 'SUCCEEDED', createdAt: answer.createdAt },
    {
      id: `${answer.id}-return`,
      status: 'REFUNDED',
      amount: '1250',
      relatedTransactionID: 'pi-1',
      type: 'PAYOUT',
    },
  ]);
  // After a repeated request, Formance's own entry says PROCESSED. The return is published again, with amount 0, so it does not count twice.
  await bench.pass(60_000, 5_000);
  const asked = bench.clock.now();
  await bench.pay(gateway.desk);
  await bench.untilTold(gateway);
  const [again] = (await bench.rows(gateway)).slice(2);
  expect(again).toMatchObject({ id: `${answer.id}-return`, status: 'REFUNDED', amount: '0' });
  expect(Date.parse(again?.createdAt ?? '')).toBeGreaterThan(asked);
});

it('two gateways on one store follow an order once', async () => {
  const gateways = [await bench.open(), await bench.open()];
  await bench.pay(gateways[0]!.desk);
  await bench.pass(60_000, 500);
  const alone = new DeskBench();
  alone.psp.first = 'PENDING';
  await alone.pay((await alone.open()).desk);
  await alone.pass(60_000, 500);
  expect(bench.psp.looked.length).toBeLessThanOrEqual(alone.psp.looked.length + 1);
  await alone.close();
});

it('what a person has resolved as failed, and the PSP has after all, is no failure', async () => {
  const gateway = await bench.open({ terms: { key: 'uuid', remembersFor: 0 } });
  bench.psp.faults = [drops];
  await bench.pay(gateway.desk);
  await bench.pass(120_000, 5_000);
  const { resolveOrder } = await import('./resolve.js');
  const { thisProcess } = await import('@tributary/feed');
  const { DEFAULT_PACE } = await import('./pace.js');
  const { id, pspKey } = await bench.order(gateway);
  const by = { holder: thisProcess(), now: bench.clock.now(), pace: DEFAULT_PACE };
  const resolved = await resolveOrder(
    gateway.store.orders('bank'),
    id,
    { as: 'failed', note: 'support said so' },
    by,
  );
  expect(resolved).toMatchObject({ order: { state: 'failed' } });
  const movement = {
    id: 'm-1',
    orderKey: pspKey,
    createdAt: '2026-01-01T00:00:00Z',
    type: 'PAYOUT' as const,
    status: 'SUCCEEDED' as const,
    amount: { amount: 1250n, asset: 'EUR/2' },
  };
  expect(await gateway.claims.claim([movement])).toEqual({ items: [], records: [] });
  expect((await bench.order(gateway)).state).toBe('succeeded');
  expect(await statuses(gateway)).toEqual(['PENDING', 'FAILED', 'SUCCEEDED']);
});

it('metrics count the orders that are open, and every change', async () => {
  const gateway = await bench.open();
  await bench.pay(gateway.desk);
  const text = await bench.registry.metrics();
  expect(text).toContain('tributary_orders{connector="bank",state="pending"} 1');
  expect(text).toContain('tributary_orders{connector="bank",state="unknown"} 0');
  expect(text).toContain('tributary_order_changes_total{connector="bank",state="sending"} 1');
  expect(text).toContain('tributary_plugin_calls_total{connector="bank",call="createPayout"} 1');
});

it('the history tells the whole story', async () => {
  bench.psp.faults = [drops];
  const gateway = await bench.open();
  await bench.pay(gateway.desk);
  bench.psp.settle(bench.psp.sent[0]!, 'SUCCEEDED');
  await bench.passUntil(gateway, 'succeeded');
  const events = await bench.events(gateway);
  expect(events.map((event) => event.split(':')[0])).toEqual([
    'received',
    'sending',
    'unknown',
    'sending',
    'pending',
    'succeeded',
  ]);
  expect(events[2]).toContain('the connection was reset');
});
