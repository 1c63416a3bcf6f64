/** Tests the warning about orders of removed connectors. */
import { STORES } from '../../feed/src/testing/stores.js';
import { DeskBench } from './testing/desk-bench.js';
import { drops } from './testing/fake-psp.js';

describe.each(STORES)('on $name', (kind) => {
  let bench: DeskBench;
  beforeEach(() => {
    bench = new DeskBench(kind);
  });
  afterEach(() => bench.close());

  it('a start warns of open orders whose connector is gone, with their number, and of no others', async () => {
    const before = await bench.open();
    bench.psp.faults = [drops, drops];
    await bench.pay(before.desk, { idempotencyKey: 'of a connector that is there' });
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
        .receive(
          { ...order, request: '{}', amount: 1n, asset: 'EUR/2', createdAt: bench.clock.now() },
          () => ({ set: { state }, event: 'taken' }),
        );
    }
    await before.engine.stop();
    expect(bench.logged('nobody follows')).toEqual([]);

    const after = await bench.open();
    await bench.pass(1_000);
    expect(bench.logged('nobody follows')).toMatchObject([
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
