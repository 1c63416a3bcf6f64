/** Tests the store clock with two gateways, one of which has a wrong clock: only one of them sends the order. */
import type { OrderRequest } from '@tributary/connector-api';
import { openStore, type Store } from '@tributary/feed';
import { pino } from 'pino';
import { systemClock, type Clock } from '@tributary/sync';
import { STORES, type FreshStore } from '../../feed/src/testing/stores.js';
import { OrderEngine } from './engine.js';
import { StoreTime } from './store-time.js';
import { FOREVER, NO_LIMITS } from './testing/desk-bench.js';

const HOUR = 3_600_000;
const REQUEST: OrderRequest = {
  idempotencyKey: 'invoice 1',
  amount: { amount: 100n, asset: 'EUR/2' },
  sourceAccountId: 'main',
  destinationAccountId: 'somebody',
  metadata: {},
};

function wrongBy(milliseconds: () => number): Clock {
  return {
    now: () => Date.now() + milliseconds(),
    after: (milliseconds, run) => systemClock.after(milliseconds, run),
  };
}

describe.each(STORES)('on $name', (kind) => {
  let fresh: FreshStore;
  let stores: Store[];
  beforeEach(async () => {
    fresh = await kind.create();
    stores = [await openStore(fresh.url), await openStore(fresh.url)];
  });
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await fresh.remove();
  });

  it('a clock that is wrong by hours tells the store’s time', async () => {
    for (const wrong of [0, 5 * HOUR, -5 * HOUR]) {
      const time = await StoreTime.of(
        stores[0]!,
        wrongBy(() => wrong),
      );
      expect(Math.abs(time.now() - (await stores[1]!.time()))).toBeLessThan(2000);
    }
  });

  it('who is ahead by an hour does not send what another one is just sending', async () => {
    let sent = 0;
    let answer = () => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const psp = {
      async *accounts() {},
      async *transactions() {},
      createPayout: async () => {
        sent++;
        await answered;
        return { id: 'payment-1', status: 'SUCCEEDED' as const };
      },
    };
    const engines = await Promise.all(
      [0, HOUR].map(async (wrong, index) => {
        const clock = await StoreTime.of(
          stores[index]!,
          wrongBy(() => wrong),
        );
        return new OrderEngine(stores[index]!, {
          logger: pino({ level: 'silent' }),
          clock,
          pace: { poll: 20 },
        });
      }),
    );
    const connector = { path: 'bank', plugin: 'fake', psp, terms: FOREVER, limits: NO_LIMITS };
    const [first, second] = engines.map((engine) => engine.open(connector).desk);
    for (const engine of engines) engine.start();
    const answers = [first!.pay('PAYOUT', REQUEST), second!.pay('PAYOUT', REQUEST)];
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(sent).toBe(1);
    answer();
    const [here, there] = await Promise.all(answers);
    expect(here).toContain('"SUCCEEDED"');
    expect(there).toBe(here);
    await Promise.all(engines.map((engine) => engine.stop()));
  });
});
