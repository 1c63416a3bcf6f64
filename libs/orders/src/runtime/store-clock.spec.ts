/** Tests two gateways of which one has a wrong clock. Because both use the store's clock, only one of them sends the order. */
import type { OrderRequest } from '@tributary/connector-api';
import { openStore, type Store } from '@tributary/feed';
import { pino } from 'pino';
import { systemClock, type Clock } from '@tributary/sync';
import { STORES, type FreshStore } from '../../../feed/src/testing/stores.js';
import { OrderEngine } from '../order-engine.js';
import { StoreClock } from './store-clock.js';
import { UNLIMITED_IDEMPOTENCY, NO_LIMITS } from '../testing/order-test-harness.js';

const HOUR_MS = 3_600_000;
const REQUEST: OrderRequest = {
  idempotencyKey: 'invoice 1',
  amount: { amount: 100n, asset: 'EUR/2' },
  sourceAccountId: 'main',
  destinationAccountId: 'somebody',
  metadata: {},
};

function createWrongClock(milliseconds: () => number): Clock {
  return {
    now: () => Date.now() + milliseconds(),
    after: (milliseconds, run) => systemClock.after(milliseconds, run),
  };
}

describe.each(STORES)('on $name', (kind) => {
  let fresh: FreshStore;
  let stores: Store[];
  beforeEach(async () => {
    fresh = await kind.createMigrated();
    stores = [await openStore(fresh.url), await openStore(fresh.url)];
  });
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await fresh.remove();
  });

  it('a clock that is wrong by hours tells the store’s time', async () => {
    for (const wrong of [0, 5 * HOUR_MS, -5 * HOUR_MS]) {
      const time = await StoreClock.create(
        stores[0]!,
        createWrongClock(() => wrong),
      );
      expect(Math.abs(time.now() - (await stores[1]!.currentTime()))).toBeLessThan(2000);
    }
  });

  it('who is ahead by an hour does not send what another one is just sending', async () => {
    let sent = 0;
    let answer = () => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const client = {
      async *accounts() {},
      async *transactions() {},
      createPayout: async () => {
        sent++;
        await answered;
        return { id: 'payment-1', status: 'SUCCEEDED' as const };
      },
    };
    const engines = await Promise.all(
      [0, HOUR_MS].map(async (wrong, index) => {
        const clock = await StoreClock.create(
          stores[index]!,
          createWrongClock(() => wrong),
        );
        return new OrderEngine(stores[index]!, {
          logger: pino({ level: 'silent' }),
          clock,
          timings: { pollIntervalMs: 20 },
        });
      }),
    );
    const connector = {
      path: 'bank',
      plugin: 'fake',
      client,
      idempotency: UNLIMITED_IDEMPOTENCY,
      limits: NO_LIMITS,
    };
    const [first, second] = engines.map((engine) => engine.addConnector(connector).service);
    for (const engine of engines) engine.start();
    const answers = [first!.submit('PAYOUT', REQUEST), second!.submit('PAYOUT', REQUEST)];
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(sent).toBe(1);
    answer();
    const [here, there] = await Promise.all(answers);
    expect(here).toContain('"SUCCEEDED"');
    expect(there).toBe(here);
    await Promise.all(engines.map((engine) => engine.stop()));
  });
});
