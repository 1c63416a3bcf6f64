/** Tests orders that are pending at the PSP: status lookups, returns, metrics and history. */
import type { OrderStatus } from '@tributary/connector-api';
import { OrderTestHarness, type TestGateway } from '../testing/order-test-harness.js';
import { dropConnection } from '../testing/fake-psp.js';

let harness: OrderTestHarness;
beforeEach(() => {
  harness = new OrderTestHarness();
  harness.psp.initialStatus = 'PENDING';
});
afterEach(() => harness.close());

const readStatuses = async (gateway: TestGateway) =>
  (await harness.readRows(gateway)).map(
    ({ id, status }) => `${id.endsWith('-return') ? 'return ' : ''}${status}`,
  );

describe('an order that is pending at the PSP', () => {
  it.each([
    ['SUCCEEDED', ['PENDING', 'SUCCEEDED']],
    ['FAILED', ['PENDING', 'FAILED']],
    ['RETURNED', ['PENDING', 'SUCCEEDED', 'return REFUNDED']],
  ] satisfies [OrderStatus, string[]][])('is followed until it is %s', async (status, expected) => {
    const gateway = await harness.openGateway();
    const answer = await harness.submit(gateway.service);
    expect(answer.status).toBe('PENDING');
    await harness.advance(60_000, 1_000);
    harness.psp.setStatus(harness.psp.attemptedKeys[0]!, status, {
      code: 'account_closed',
      message: 'the account is closed',
    });
    await harness.advanceUntilState(
      gateway,
      status === 'RETURNED' ? 'returned' : status === 'FAILED' ? 'failed' : 'succeeded',
      {
        step: 5_000,
      },
    );
    expect(await readStatuses(gateway)).toEqual(expected);
    const rows = await harness.readRows(gateway);
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
    expect(harness.psp.attemptedKeys).toHaveLength(1);
  });

  it('is asked for less and less often, and never again when it is final', async () => {
    const gateway = await harness.openGateway({ timings: { pollIntervalMs: 5_000 } });
    await harness.submit(gateway.service);
    await harness.advance(60_000, 1_000);
    const first = harness.psp.lookedUpKeys.length;
    await harness.advance(3_540_000, 10_000);
    const hour = harness.psp.lookedUpKeys.length;
    expect(first).toBeGreaterThan(4);
    expect(hour - first).toBeLessThan(15);
    harness.psp.setStatus(harness.psp.attemptedKeys[0]!, 'SUCCEEDED');
    await harness.advanceUntilState(gateway, 'succeeded', { step: 60_000 });
    const final = harness.psp.lookedUpKeys.length;
    await harness.advance(7_200_000, 60_000);
    expect(harness.psp.lookedUpKeys).toHaveLength(final);
  });

  it('stays so while the PSP cannot be asked, or has forgotten it', async () => {
    const gateway = await harness.openGateway();
    await harness.submit(gateway.service);
    harness.psp.lookupScripts = [
      () => {
        throw new Error('down');
      },
      () => undefined,
    ];
    await harness.advance(10_000, 1_000);
    expect((await harness.getOrder(gateway)).state).toBe('pending');
    expect(harness.psp.attemptedKeys).toHaveLength(1);
  });
});

it('an order that succeeded and came back keeps its row; the return is a row of its own with what came back', async () => {
  harness.psp.initialStatus = 'RETURNED';
  const gateway = await harness.openGateway();
  const answer = await harness.submit(gateway.service);
  expect(answer.status).toBe('SUCCEEDED');
  await harness.advanceUntilPublished(gateway);
  const rows = await harness.readRows(gateway);
  expect(rows).toMatchObject([
    {
      id: answer.id,
      status: 'SUCCEEDED',
      createdAt: answer.createdAt,
      sourceAccountID: 'wallet',
      destinationAccountID: 'ada',
    },
    {
      id: `${answer.id}-return`,
      status: 'REFUNDED',
      amount: '1250',
      relatedTransactionID: 'pi-1',
      type: 'PAYOUT',
      // The row of the return has source and destination swapped, because the money moved back. If it had the accounts of the order, its
      // amount would be counted as a second outgoing payment.
      sourceAccountID: 'ada',
      destinationAccountID: 'wallet',
    },
  ]);
  // After the client has repeated its request, its own entry of the payment has the status PROCESSED. The return is published again, but
  // with the amount 0, so that it is not counted twice.
  await harness.advance(60_000, 5_000);
  const asked = harness.clock.now();
  await harness.submit(gateway.service);
  await harness.advanceUntilPublished(gateway);
  const [again] = (await harness.readRows(gateway)).slice(2);
  expect(again).toMatchObject({ id: `${answer.id}-return`, status: 'REFUNDED', amount: '0' });
  expect(Date.parse(again?.createdAt ?? '')).toBeGreaterThan(asked);
});

it('two gateways on one store follow an order once', async () => {
  const gateways = [await harness.openGateway(), await harness.openGateway()];
  await harness.submit(gateways[0]!.service);
  await harness.advance(60_000, 500);
  const alone = new OrderTestHarness();
  alone.psp.initialStatus = 'PENDING';
  await alone.submit((await alone.openGateway()).service);
  await alone.advance(60_000, 500);
  expect(harness.psp.lookedUpKeys.length).toBeLessThanOrEqual(alone.psp.lookedUpKeys.length + 1);
  await alone.close();
});

it('what a person has resolved as failed, and the PSP has after all, is no failure', async () => {
  const gateway = await harness.openGateway({ idempotency: { keyFormat: 'uuid', idempotencyWindowMs: 0 } });
  harness.psp.attemptScripts = [dropConnection];
  await harness.submit(gateway.service);
  await harness.advance(120_000, 5_000);
  const { resolveOrder } = await import('../operations/manual-resolution.js');
  const { getCurrentProcess } = await import('@tributary/feed');
  const { DEFAULT_ORDER_TIMINGS } = await import('../state-machine/order-timings.js');
  const { id, pspKey } = await harness.getOrder(gateway);
  const context = { holder: getCurrentProcess(), now: harness.clock.now(), timings: DEFAULT_ORDER_TIMINGS };
  const resolved = await resolveOrder(
    gateway.store.orders('bank'),
    id,
    { as: 'failed', note: 'support said so' },
    context,
    { by: 'alice', via: 'api', connector: 'bank' },
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
  expect(await gateway.matcher.match([movement])).toEqual({ unmatchedItems: [], records: [] });
  expect((await harness.getOrder(gateway)).state).toBe('succeeded');
  expect(await readStatuses(gateway)).toEqual(['PENDING', 'FAILED', 'SUCCEEDED']);
});

it('metrics count the orders that are open, and every change', async () => {
  const gateway = await harness.openGateway();
  await harness.submit(gateway.service);
  const text = await harness.registry.metrics();
  expect(text).toContain('tributary_orders{connector="bank",state="pending"} 1');
  expect(text).toContain('tributary_orders{connector="bank",state="unknown"} 0');
  expect(text).toContain('tributary_order_changes_total{connector="bank",state="sending"} 1');
  expect(text).toContain('tributary_plugin_calls_total{connector="bank",call="createPayout"} 1');
});

it('the history tells the whole story', async () => {
  harness.psp.attemptScripts = [dropConnection];
  const gateway = await harness.openGateway();
  await harness.submit(gateway.service);
  harness.psp.setStatus(harness.psp.attemptedKeys[0]!, 'SUCCEEDED');
  await harness.advanceUntilState(gateway, 'succeeded');
  const events = await harness.readEvents(gateway);
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
