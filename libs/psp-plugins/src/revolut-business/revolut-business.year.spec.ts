/**
 * Tests that a year of transactions is listed completely although Revolut filters only by time, and measures the number of requests.
 * `npm run soak` uses 200 000 transactions.
 */
import { RevolutBusinessFake } from './revolut-business.fake.js';
import { FakeClock, TestFeed, mountPlugin } from './testing/mount-plugin.js';
import { simulateYear } from './testing/simulate-year.js';
import type { SimulatedRevolut } from './testing/simulated-revolut.js';

const SIZE = Number(process.env['REVOLUT_TRANSACTIONS'] ?? 20_000);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const END = Date.UTC(2026, 0, 1);
/** The timeout in milliseconds. It is long enough for the soak test. */
const TEST_TIMEOUT_MS = 20 * MINUTE;

let fake: RevolutBusinessFake | undefined;
let close: (() => Promise<void>) | undefined;
afterEach(async () => {
  await close?.();
  await fake?.server.close();
});

async function startTest(
  { transactions, tieGroupSize }: { transactions: number; tieGroupSize: number },
  settings: object = {},
) {
  const clock = new FakeClock(END);
  const world = simulateYear({ transactions, tieGroupSize, end: END, clock, changesWithinDays: 30 });
  fake = await RevolutBusinessFake.start({ world, clock, tokenLifetimeMs: 10 * SECOND });
  const connector = await mountPlugin({ ...fake.settings, requestsPerMinute: 60, ...settings }, clock);
  close = () => connector.close();
  const { psp } = connector;
  return { clock, world, fake, psp };
}

function expectComplete(feed: TestFeed, world: SimulatedRevolut): void {
  const expected = [...world.computeBalances()].flatMap(([id, amount]) => {
    const { currency, digits } = world.accounts.find((each) => each.id === id)!;
    return amount === 0n
      ? []
      : [[`${id} ${digits === 0 ? currency : `${currency}/${digits}`}`, amount] as const];
  });
  const ours = new Set(world.accounts.map(({ id }) => id));
  const sums = [...feed.computeSums()].filter(([key]) => ours.has(key.split(' ')[0] ?? ''));
  expect(Object.fromEntries(sums)).toEqual(Object.fromEntries(expected));
  expect(feed.rejected.size).toBe(0);
  expect(feed.warnings).toEqual([]);
}

it(
  `lists ${SIZE} transactions with ties at page borders, 429s and expired tokens; then only what can have changed`,
  async () => {
    const { clock, world, fake, psp } = await startTest({ transactions: SIZE, tieGroupSize: 37 });
    fake.server.injectFault({ fault: { status: 429, retryAfter: '2' }, path: '/transactions', nth: 5 });
    fake.server.injectFault({ fault: { status: 429 }, path: '/transactions', nth: 11 });
    fake.server.injectFault({ fault: { status: 401 }, path: '/transactions', nth: 3 });
    const feed = new TestFeed();

    const asked = () => fake.server.requests.filter(({ path }) => path === '/transactions').length;
    do {
      // The pull stops after every second page, as in a crash, and continues from the cursor.
      await feed.pull(psp, 2);
    } while (feed.newVersionCount > 0);
    expectComplete(feed, world);
    const first = asked();
    const rows = world.transactions.length;
    expect(fake.issuedTokenCount).toBeGreaterThan(2);
    expect(fake.pageBordersAmongTies).toBeGreaterThan(fake.fullPageCount * 0.8);
    console.info(
      `first sync: ${rows} transactions, ${feed.rows.size} rows, ${first} requests, ` +
        `${((first / rows) * 1000).toFixed(2)} per thousand transactions; ${fake.pageBordersAmongTies} of ${fake.fullPageCount} page borders among ties`,
    );

    await clock.sleep(2 * MINUTE);
    const known = asked();
    await feed.pull(psp);
    const second = asked() - known;
    console.info(`second sync, two minutes later: ${second} requests, ${feed.newVersionCount} versions`);
    // Revolut needs one request each for open, decided and recent transactions. If a page contains an older row that is already known,
    // nothing is missing, and no further request is made.
    expect(second).toBeLessThanOrEqual(4);
    // A year with 200 000 transactions needs 284 requests. With fewer transactions, the overlap of the windows causes a larger share of the
    // requests.
    expect(first / rows).toBeLessThanOrEqual(rows >= 200_000 ? 284 / 200_000 : 36 / 20_000);
    expectComplete(feed, world);
  },
  TEST_TIMEOUT_MS,
);

it('sees every later change, and costs little while it looks', async () => {
  const { clock, world, fake, psp } = await startTest(
    { transactions: 5000, tieGroupSize: 3 },
    {
      requestsPerMinute: 60_000,
      rereadEveryHours: 72,
    },
  );
  const feed = new TestFeed();
  await feed.pull(psp);
  const before = fake.server.requests.length;
  let [pulls, versions] = [0, 0];
  for (; clock.now() < END + 31 * DAY; pulls += 1) {
    await clock.sleep(6 * HOUR);
    await feed.pull(psp);
    versions += feed.newVersionCount;
  }
  expectComplete(feed, world);
  expect(versions).toBeGreaterThan(10);
  const requests = fake.server.requests.length - before;
  console.info(`31 days of changes: ${pulls} pulls, ${versions} versions, ${requests} requests`);
});
