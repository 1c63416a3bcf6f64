/** Tests that no order is paid twice when the store's clock is set back. */
import { PspError } from '@tributary/connector-api';
import { OrderTestHarness, createRequest } from '../testing/order-test-harness.js';
import { executeAndDropConnection, type AttemptScript } from '../testing/fake-psp.js';

let harness: OrderTestHarness;
beforeEach(() => {
  harness = new OrderTestHarness();
  // The PSP executes a repeat as a new payment.
  harness.psp.recognizesRepeats = false;
  harness.psp.lookupScripts = Array.from({ length: 1000 }, () => () => undefined);
});
afterEach(() => harness.close());

const DAY_MS = 24 * 3_600_000;

describe('a clock that is set back by a day', () => {
  it.each([
    ['by its key', 600_000, true],
    ['by its key, and cannot be asked', 600_000, false],
    ['never', 0, true],
    ['never, and cannot be asked', 0, false],
  ])(
    'during a call pays nothing twice, also when it has caught up: the PSP knows repeats %s',
    async (_, idempotencyWindowMs, asks) => {
      if (!asks) delete (harness.psp as { findOrder?: unknown }).findOrder;
      let lose = () => {};
      harness.psp.attemptScripts = [
        async (order, psp) => {
          psp.executePayment(order);
          await new Promise<void>((resolve) => (lose = resolve));
          throw new PspError('unavailable', 'the connection was reset');
        },
      ];
      const gateway = await harness.openGateway({ idempotency: { keyFormat: 'uuid', idempotencyWindowMs } });
      const answer = gateway.service.submit('PAYOUT', createRequest());
      await harness.advance(200);
      harness.clock.shift(-DAY_MS);
      lose();
      await harness.advanceUntilSettled(answer);
      await harness.advance(20_000, 5_000);
      harness.clock.shift(DAY_MS - 20_000);
      await harness.advance(90_000, 10_000);
      expect(harness.psp.payments).toHaveLength(1);
      expect((await harness.getOrder(gateway)).state).toBe('unknown');
    },
  );

  it.each([
    ['while the gateway runs', false],
    ['while it does not', true],
  ])('between two looks lets nothing be sent when it has caught up: %s', async (_, restarts) => {
    const options = { idempotency: { keyFormat: 'uuid', idempotencyWindowMs: 600_000 } } as const;
    const gateway = await harness.openGateway(options);
    harness.psp.attemptScripts = [executeAndDropConnection];
    // The promise is not awaited, because a gateway that crashed never responds.
    void gateway.service.submit('PAYOUT', createRequest()).catch(() => {});
    await harness.advance(200, 100);
    if (restarts) gateway.instrumented.crash();
    harness.clock.shift(-DAY_MS);
    const next = restarts ? await harness.openGateway(options) : gateway;
    await harness.advance(10_000);
    const looked = harness.psp.lookedUpKeys.length;
    expect(looked).toBeGreaterThan(0);
    harness.clock.shift(DAY_MS);
    await harness.advance(90_000, 10_000);
    expect(harness.psp.payments).toHaveLength(1);
    expect(harness.psp.lookedUpKeys.length).toBeGreaterThan(looked);
    expect((await harness.readEvents(next)).join()).toContain('the clock went back');
  });

  it('keeps no order from a PSP that recognises it for ever, and none that was never sent', async () => {
    harness.psp.recognizesRepeats = true;
    harness.psp.lookupScripts = [];
    const waits: AttemptScript = () => {
      throw new PspError('rate-limited', 'too many requests', { retryAfterMs: 60_000 });
    };
    harness.psp.attemptScripts = [executeAndDropConnection, waits];
    const gateway = await harness.openGateway();
    const answers = ['pi-1', 'pi-2'].map((key) =>
      gateway.service.submit('PAYOUT', createRequest({ idempotencyKey: key })),
    );
    await harness.advance(200, 100);
    harness.clock.shift(-DAY_MS);
    await harness.advanceUntilSettled(Promise.all(answers));
    await harness.advance(400_000, 20_000);
    for (const key of ['pi-1', 'pi-2'])
      expect((await harness.getOrder(gateway, key)).state).toBe('succeeded');
    expect(harness.psp.payments).toHaveLength(2);
  });
});
