/**
 * Tests that a year of transactions is complete although Revolut lists by time alone, and measures the requests. `npm run soak` uses 200 000
 * transactions.
 */
import { RevolutBusinessFake } from './revolut-business.fake.js';
import { FakeClock, Mirror, mount } from './testing/mounted.js';
import { yearOf } from './testing/year.js';
import type { World } from './testing/world.js';

const SIZE = Number(process.env['REVOLUT_TRANSACTIONS'] ?? 20_000);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const END = Date.UTC(2026, 0, 1);
/** Timeout in milliseconds, long enough for the soak test. */
const LONGEST = 20 * MINUTE;

let fake: RevolutBusinessFake | undefined;
let close: (() => Promise<void>) | undefined;
afterEach(async () => {
  await close?.();
  await fake?.psp.close();
});

async function begin({ transactions, tied }: { transactions: number; tied: number }, settings: object = {}) {
  const clock = new FakeClock(END);
  const world = yearOf({ transactions, tied, end: END, clock, changesWithinDays: 30 });
  fake = await RevolutBusinessFake.start({ world, clock, tokenLife: 10 * SECOND });
  const connector = await mount({ ...fake.settings, requestsPerMinute: 60, ...settings }, clock);
  close = () => connector.close();
  const { psp } = connector;
  return { clock, world, fake, psp };
}

function expectComplete(mirror: Mirror, world: World): void {
  const expected = [...world.balances()].flatMap(([id, amount]) => {
    const { currency, digits } = world.accounts.find((each) => each.id === id)!;
    return amount === 0n
      ? []
      : [[`${id} ${digits === 0 ? currency : `${currency}/${digits}`}`, amount] as const];
  });
  const ours = new Set(world.accounts.map(({ id }) => id));
  const sums = [...mirror.sums()].filter(([key]) => ours.has(key.split(' ')[0] ?? ''));
  expect(Object.fromEntries(sums)).toEqual(Object.fromEntries(expected));
  expect(mirror.refused.size).toBe(0);
  expect(mirror.findings).toEqual([]);
}

it(
  `lists ${SIZE} transactions with ties at page borders, 429s and expired tokens; then only what can have changed`,
  async () => {
    const { clock, world, fake, psp } = await begin({ transactions: SIZE, tied: 37 });
    fake.psp.plan({ fault: { status: 429, retryAfter: '2' }, path: '/transactions', nth: 5 });
    fake.psp.plan({ fault: { status: 429 }, path: '/transactions', nth: 11 });
    fake.psp.plan({ fault: { status: 401 }, path: '/transactions', nth: 17 });
    const mirror = new Mirror();

    const asked = () => fake.psp.requests.filter(({ path }) => path === '/transactions').length;
    do {
      // The pull stops after every second page, as in a crash. It continues from the cursor.
      await mirror.pull(psp, 2);
    } while (mirror.versions > 0);
    expectComplete(mirror, world);
    const first = asked();
    const rows = world.transactions.length;
    expect(fake.tokensGiven).toBeGreaterThan(2);
    expect(fake.bordersAmongTies).toBeGreaterThan(fake.fullPages * 0.8);
    console.info(
      `first sync: ${rows} transactions, ${mirror.rows.size} rows, ${first} requests, ` +
        `${((first / rows) * 1000).toFixed(2)} per thousand transactions; ${fake.bordersAmongTies} of ${fake.fullPages} page borders among ties`,
    );

    await clock.sleep(2 * MINUTE);
    const known = asked();
    await mirror.pull(psp);
    const second = asked() - known;
    console.info(`second sync, two minutes later: ${second} requests, ${mirror.versions} versions`);
    expect(second).toBeLessThanOrEqual(4);
    expectComplete(mirror, world);
  },
  LONGEST,
);

it('sees every later change, and costs little while it looks', async () => {
  const { clock, world, fake, psp } = await begin(
    { transactions: 5000, tied: 3 },
    {
      requestsPerMinute: 60_000,
      rereadEveryHours: 72,
    },
  );
  const mirror = new Mirror();
  await mirror.pull(psp);
  const before = fake.psp.requests.length;
  let [pulls, versions] = [0, 0];
  for (; clock.now() < END + 31 * DAY; pulls += 1) {
    await clock.sleep(6 * HOUR);
    await mirror.pull(psp);
    versions += mirror.versions;
  }
  expectComplete(mirror, world);
  expect(versions).toBeGreaterThan(10);
  const requests = fake.psp.requests.length - before;
  console.info(`31 days of changes: ${pulls} pulls, ${versions} versions, ${requests} requests`);
});
