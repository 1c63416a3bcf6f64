/** Tests that a year of transfers is complete, with the sums of the balances. ADYEN_TRANSFERS=100000 is the long form. */
import { createSeededRandom } from '@tributary/connector-api/testing';
import { AdyenBalancePlatformFake } from './adyen-balance-platform.fake.js';
import { FakeLedger } from './testing/fake-ledger.js';
import { simulateYear } from './testing/simulate-year.js';
import { AdyenTestConnector, SleepSkippingClock } from './testing/test-connector.js';

const SIZE = Number(process.env['ADYEN_TRANSFERS'] ?? 3_000);
const END = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;

it(
  `a year of ${SIZE} transfers, with 429s, a refused key and pulls that break off; then what returns later`,
  async () => {
    const clock = new SleepSkippingClock(END);
    const ledger = new FakeLedger(clock);
    const fake = await AdyenBalancePlatformFake.start(ledger, { isChecked: false });
    const accounts = [
      ledger.addAccount(),
      ledger.addAccount(),
      ledger.addAccount('USD'),
      ledger.addAccount('ISK'),
    ];
    const returned = simulateYear(ledger, { accounts, size: SIZE, end: END, random: createSeededRandom(7) });
    const connector = await AdyenTestConnector.open(fake.settings, clock);
    try {
      fake.server.injectFault({ fault: { status: 429, retryAfter: '2' }, path: '/btl/v4/transfers', nth: 5 });
      fake.server.injectFault({ fault: { status: 429 }, path: '/btl/v4/transfers', nth: 11 });
      fake.server.injectFault({ fault: 'truncated', path: '/btl/v4/transfers', nth: 14 });
      do {
        await connector.sync(2);
      } while (connector.newVersionCount > 0);
      await connector.sync();
      const requests = fake.server.requests.length;
      const expectSums = () => {
        for (const account of accounts) {
          const expected = Object.entries(ledger.sumBookings(account)).map(([currency, units]) =>
            currency === 'ISK' ? ['ISK', units / 100n] : [`${currency}/2`, units],
          );
          expect(connector.sumEffects(account)).toEqual(Object.fromEntries(expected));
        }
      };
      expectSums();
      expect(connector.rejected.size).toBe(0);

      clock.time += 10 * MINUTE_MS;
      for (const transfer of returned.slice(0, 20)) {
        ledger.addBooking(transfer, clock.time, 'returned', { [transfer.currency]: -transfer.units });
      }
      clock.time += MINUTE_MS;
      const before = fake.server.requests.length;
      await connector.sync();
      expectSums();
      process.stdout.write(
        `adyen: ${ledger.transfers.length} transfers -> ${connector.transactions.size} rows with ${requests} requests; 20 late returns with ` +
          `${fake.server.requests.length - before} more; largest cursor ${connector.maxCursorLength} characters\n`,
      );
      expect(requests).toBeLessThan((ledger.transfers.length / 100) * 2.2 + 100);
      // One request for each late return. In a large year, up to 20 pages of open transfers are requested again, too.
      expect(fake.server.requests.length - before).toBeLessThanOrEqual(SIZE > 10_000 ? 45 : 30);
    } finally {
      await connector.close();
      await fake.close();
    }
  },
  20 * MINUTE_MS,
);
