/** Tests the warning about orders of removed connectors. */
import { STORES } from '../../../feed/src/testing/stores.js';
import { OrderTestHarness } from '../testing/order-test-harness.js';
import { dropConnection } from '../testing/fake-psp.js';

describe.each(STORES)('on $name', (kind) => {
  let harness: OrderTestHarness;
  beforeEach(() => {
    harness = new OrderTestHarness(kind);
  });
  afterEach(() => harness.close());

  it('a start warns of open orders whose connector is gone, with their number, and of no others', async () => {
    const before = await harness.openGateway();
    harness.psp.attemptScripts = [dropConnection, dropConnection];
    await harness.submit(before.service, { idempotencyKey: 'of a connector that is there' });
    for (const [connector, key, state] of [
      ['old/bank', 'a', 'pending'],
      ['old/bank', 'b', 'unknown'],
      ['old/bank', 'c', 'unknown'],
      ['old/bank', 'd', 'succeeded'],
      ['older', 'e', 'failed'],
    ] as const) {
      const order = { id: `order-${key}`, idempotencyKey: key, pspKey: key, kind: 'PAYOUT' as const };
      await before.store
        .orders(connector)
        .insertOrGet(
          { ...order, request: '{}', amount: 1n, asset: 'EUR/2', createdAt: harness.clock.now() },
          () => ({ set: { state }, event: 'taken' }),
        );
    }
    await before.engine.stop();
    expect(harness.findLogLines('the gateway does not follow')).toEqual([]);

    const after = await harness.openGateway();
    await harness.advance(1_000);
    expect(harness.findLogLines('the gateway does not follow')).toMatchObject([
      {
        level: 40,
        connector: 'old/bank',
        open: 3,
        states: { pending: 1, unknown: 2 },
        msg: expect.stringContaining('old/bank has 3 open orders, and is no connector that pays'),
      },
    ]);
    await after.engine.stop();
  });
});
