/** Tests that a store clock that is set back does not make an order be paid twice. */
import { PspError } from '@tributary/connector-api';
import { DeskBench, request } from './testing/desk-bench.js';
import { paysAndDrops, type Fault } from './testing/fake-psp.js';

let bench: DeskBench;
beforeEach(() => {
  bench = new DeskBench();
  // The PSP executes a repeat as a new payment.
  bench.psp.remembers = false;
  bench.psp.looks = Array.from({ length: 1000 }, () => () => undefined);
});
afterEach(() => bench.close());

const DAY = 24 * 3_600_000;

describe('a clock that is set back by a day', () => {
  it.each([
    ['by its key', 600_000, true],
    ['by its key, and cannot be asked', 600_000, false],
    ['never', 0, true],
    ['never, and cannot be asked', 0, false],
  ])(
    'during a call pays nothing twice, also when it has caught up: the PSP knows repeats %s',
    async (_, remembersFor, asks) => {
      if (!asks) delete (bench.psp as { findOrder?: unknown }).findOrder;
      let lose = () => {};
      bench.psp.faults = [
        async (order, psp) => {
          psp.pay(order);
          await new Promise<void>((resolve) => (lose = resolve));
          throw new PspError('unavailable', 'the connection was reset');
        },
      ];
      const gateway = await bench.open({ terms: { key: 'uuid', remembersFor } });
      const answer = gateway.desk.pay('PAYOUT', request());
      await bench.pass(200);
      bench.clock.set(-DAY);
      lose();
      await bench.until(answer);
      await bench.pass(20_000, 5_000);
      bench.clock.set(DAY - 20_000);
      await bench.pass(90_000, 10_000);
      expect(bench.psp.payments).toHaveLength(1);
      expect((await bench.order(gateway)).state).toBe('unknown');
    },
  );

  it.each([
    ['while the gateway runs', false],
    ['while it does not', true],
  ])('between two looks lets nothing be sent when it has caught up: %s', async (_, restarts) => {
    const setting = { terms: { key: 'uuid', remembersFor: 600_000 } } as const;
    const gateway = await bench.open(setting);
    bench.psp.faults = [paysAndDrops];
    // A gateway that crashed never responds.
    void gateway.desk.pay('PAYOUT', request()).catch(() => {});
    await bench.pass(200, 100);
    if (restarts) gateway.watched.kill();
    bench.clock.set(-DAY);
    const next = restarts ? await bench.open(setting) : gateway;
    await bench.pass(10_000);
    const looked = bench.psp.looked.length;
    expect(looked).toBeGreaterThan(0);
    bench.clock.set(DAY);
    await bench.pass(90_000, 10_000);
    expect(bench.psp.payments).toHaveLength(1);
    expect(bench.psp.looked.length).toBeGreaterThan(looked);
    expect((await bench.events(next)).join()).toContain('the clock went back');
  });

  it('keeps no order from a PSP that recognises it for ever, and none that was never sent', async () => {
    bench.psp.remembers = true;
    bench.psp.looks = [];
    const waits: Fault = () => {
      throw new PspError('rate-limited', 'too many requests', { retryAfter: 60_000 });
    };
    bench.psp.faults = [paysAndDrops, waits];
    const gateway = await bench.open();
    const answers = ['pi-1', 'pi-2'].map((key) =>
      gateway.desk.pay('PAYOUT', request({ idempotencyKey: key })),
    );
    await bench.pass(200, 100);
    bench.clock.set(-DAY);
    await bench.until(Promise.all(answers));
    await bench.pass(400_000, 20_000);
    for (const key of ['pi-1', 'pi-2']) expect((await bench.order(gateway, key)).state).toBe('succeeded');
    expect(bench.psp.payments).toHaveLength(2);
  });
});
