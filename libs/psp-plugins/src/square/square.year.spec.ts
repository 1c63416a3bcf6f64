/**
 * Tests that a year is listed completely although faults occur and listings are interrupted, and that later changes are found.
 * `SQUARE_PAYMENTS` sets the number of payments.
 */
import { SquareFake } from './square.fake.js';
import { FakeClock, mountPlugin, TestFeed } from './testing/mount-plugin.js';
import { SimulatedYear } from './testing/simulate-year.js';

const PAYMENTS = Number(process.env['SQUARE_PAYMENTS'] ?? 1_500);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const END = Date.UTC(2026, 0, 1);
const MAX_PULLS = 10_000;
const TEST_TIMEOUT_MS = 30 * MINUTE;

it(
  `lists a year of ${PAYMENTS} payments with their fees, refunds, disputes and payouts, and then only what can have changed`,
  async () => {
    const clock = new FakeClock(END);
    const fake = await SquareFake.start({ clock, isChecked: false });
    const year = new SimulatedYear(fake);
    year.fill({ payments: PAYMENTS, end: END, tieGroupSize: 37, payoutEveryDays: PAYMENTS < 10_000 ? 5 : 1 });
    const feed = new TestFeed();
    const connector = await mountPlugin({ ...fake.settings, requestsPerMinute: 600 }, clock, feed);
    const { psp } = connector;
    const expectComplete = () => {
      expect(feed.computeSums(Object.keys(year.balances))).toEqual(year.balances);
      expect([feed.rejected.size, feed.warnings]).toEqual([0, []]);
    };
    try {
      fake.server.injectFault({ fault: { status: 429, retryAfter: '2' }, path: '/v2/payments', nth: 5 });
      fake.server.injectFault({ fault: { status: 503 }, path: '/v2/payouts', nth: 3 });
      fake.server.injectFault({
        fault: { response: { status: 200, body: {} } },
        path: '/v2/payments',
        nth: 7,
        times: 1,
      });
      let pulls = 0;
      do {
        // The pull stops after some pages, as after a crash. The next pull continues from the cursor.
        await feed.pull(psp, 15);
        pulls += 1;
      } while (feed.newVersionCount > 0 && pulls < MAX_PULLS);
      expectComplete();
      const first = fake.server.requests.length;
      console.info(`first sync: ${PAYMENTS} payments, ${feed.rows.size} rows, ${first} requests`);

      await clock.sleep(2 * HOUR);
      await feed.pull(psp);
      const second = fake.server.requests.length - first;
      console.info(`second sync, two hours later: ${second} requests, ${feed.newVersionCount} versions`);

      for (let hours = 0; year.changeLater(20) && hours < 1_000; hours += 6) {
        await feed.pull(psp);
        await clock.sleep(6 * HOUR);
      }
      await clock.sleep(25 * HOUR);
      await feed.pull(psp);
      expectComplete();
    } finally {
      await connector.close();
      await fake.server.close();
    }
  },
  TEST_TIMEOUT_MS,
);
