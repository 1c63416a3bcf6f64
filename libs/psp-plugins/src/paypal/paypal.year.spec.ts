/**
 * Tests that a year of transactions is complete and adds up to the balances, and counts the requests. With `PAYPAL_TRANSACTIONS=100000` the
 * year is as large as the year of a busy shop.
 */
import { FAKE_ACCOUNT_ID } from './paypal.fake.js';
import { openPaypal } from './testing/open-paypal.js';
import { addYearOfTransactions } from './testing/simulate-year.js';

const SIZE = Number(process.env['PAYPAL_TRANSACTIONS'] ?? 3_000);
const END = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;
const TEST_TIMEOUT_MS = 20 * 60_000;

it(
  `lists ${SIZE} transactions, with faults and a listing that breaks off, and their sums are the balances`,
  async () => {
    const { clock, fake, feed, psp, close } = await openPaypal(END);
    try {
      addYearOfTransactions(fake, SIZE, END - HOUR_MS);
      const path = '/v1/reporting/transactions';
      fake.server.injectFault({ fault: { status: 429, retryAfter: '2' }, path, nth: 5 });
      fake.server.injectFault({ fault: { status: 401 }, path, nth: 7 });
      const countRequests = () => fake.server.requests.filter((request) => request.path === path).length;
      let maxPulls = 2 + SIZE;
      do {
        // The pull stops after every second page, as after a crash. The next pull continues from the cursor.
        await feed.pull(psp, 2);
        maxPulls -= 1;
      } while (feed.newVersionCount > 0 && maxPulls > 0);
      await feed.pull(psp);
      const first = countRequests();
      const balances = [...fake.computeBalances()].map(([currency, units]) => [
        currency === 'JPY' ? currency : `${currency}/2`,
        units,
      ]);
      expect(feed.computeSums(FAKE_ACCOUNT_ID)).toEqual(Object.fromEntries(balances));
      expect(feed.rejected.size).toBe(0);
      console.info(`${fake.transactions.length} transactions, ${feed.rows.size} rows, ${first} requests`);
      clock.time += 20 * 60_000;
      await feed.pull(psp);
      expect(feed.newVersionCount).toBe(0);
      expect(countRequests() - first).toBeLessThanOrEqual(4);
    } finally {
      await close();
    }
  },
  TEST_TIMEOUT_MS,
);
