/** Tests each special case of the listing separately. In `revolut-business.year.spec.ts`, these cases occur only by chance. */
import { RevolutBusinessFake } from './revolut-business.fake.js';
import { collectPages, FakeClock, TestFeed, mountPlugin } from './testing/mount-plugin.js';
import { createUuid, SimulatedRevolut } from './testing/simulated-revolut.js';
import type { SimulatedTransaction } from './testing/simulated-revolut.js';
import { SIMULATED_ACCOUNTS } from './testing/simulate-year.js';

const NOW = Date.UTC(2026, 5, 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing) await close();
  closing = [];
});

async function startTest(settings: object = {}) {
  const clock = new FakeClock(NOW);
  const world = new SimulatedRevolut([...SIMULATED_ACCOUNTS], clock);
  const fake = await RevolutBusinessFake.start({ clock, world });
  const connector = await mountPlugin({ ...fake.settings, since: '2026-04-01', ...settings }, clock);
  closing = [() => connector.close(), () => fake.server.close()];
  const asked = () => fake.server.requests.filter(({ path }) => path === '/transactions').length;
  return { clock, world, fake, asked, psp: connector.psp };
}

function createTransaction(
  number: number,
  at: number,
  more: Partial<SimulatedTransaction> = {},
): SimulatedTransaction {
  return {
    id: createUuid(1, number),
    type: 'card_payment',
    createdAt: BigInt(at) * 1000n,
    legs: [{ account: SIMULATED_ACCOUNTS[0]!, amount: -100n }],
    decidedAt: at,
    outcome: 'completed',
    ...more,
  };
}

describe('more rows of one moment than a page holds', () => {
  const crowd = (rows: number, types: string[]) =>
    Array.from({ length: rows }, (_, number) =>
      createTransaction(number, NOW - DAY, { type: types[number % types.length]! }),
    );

  it('are told apart by their types', async () => {
    const { world, psp } = await startTest();
    world.add(
      ...crowd(1500, ['card_payment', 'topup']),
      createTransaction(9001, NOW - 2 * DAY),
      createTransaction(9002, NOW - HOUR),
    );
    const feed = new TestFeed();
    await feed.pull(psp);
    expect(feed.rows.size).toBe(1502);
    expect(feed.warnings).toEqual([]);
  });

  it('are reported where they are of one type, and the rest is listed', async () => {
    const { world, psp } = await startTest();
    world.add(...crowd(1001, ['card_payment']), createTransaction(9001, NOW - 2 * DAY));
    const feed = new TestFeed();
    await feed.pull(psp);
    expect(feed.rows.size).toBe(1001);
    expect(feed.rows.has(createUuid(1, 9001))).toBe(true);
    expect(feed.warnings).toEqual([
      expect.stringContaining('1000 or more rows of card_payment were created at 2026-05-31'),
    ]);
  });
});

describe('what changes late', () => {
  const old = NOW - 20 * DAY;

  it('a decision is seen by the next listing, for one request', async () => {
    const { clock, world, psp, asked } = await startTest();
    world.add(createTransaction(1, old, { decidedAt: NOW + HOUR }), createTransaction(2, old + DAY));
    const feed = new TestFeed();
    await feed.pull(psp);
    expect(feed.rows.get(createUuid(1, 1))?.status).toBe('PENDING');
    await clock.sleep(HOUR);
    const before = asked();
    await feed.pull(psp);
    expect(feed.rows.get(createUuid(1, 1))?.status).toBe('SUCCEEDED');
    // The listing needs one request each for the open transactions, for the transaction that was decided, and for the last hours.
    expect(asked() - before).toBe(3);
  });

  it('one of two that share their time', async () => {
    const { clock, world, psp } = await startTest();
    world.add(
      createTransaction(1, old, { decidedAt: NOW + HOUR }),
      createTransaction(2, old, { decidedAt: NOW + DAY }),
    );
    const feed = new TestFeed();
    await feed.pull(psp);
    await clock.sleep(HOUR);
    await feed.pull(psp);
    expect([1, 2].map((number) => feed.rows.get(createUuid(1, number))?.status)).toEqual([
      'SUCCEEDED',
      'PENDING',
    ]);
  });

  it('a payment that is reverted weeks later is seen by the next listing', async () => {
    const { clock, world, psp } = await startTest();
    world.add(createTransaction(1, old, { type: 'transfer', revertedAt: NOW + HOUR }));
    const feed = new TestFeed();
    await feed.pull(psp);
    await clock.sleep(HOUR);
    await feed.pull(psp);
    expect(feed.rows.get(`${createUuid(1, 1)}.reverted`)).toMatchObject({
      status: 'REFUNDED',
      type: 'PAYOUT',
    });
    expect(feed.computeSums().get(`${SIMULATED_ACCOUNTS[0]!.id} EUR/2`)).toBe(0n);
  });

  it('anything else is seen when everything is read again', async () => {
    const { clock, world, psp } = await startTest({ rereadEveryHours: 6 });
    const changing = createTransaction(1, old);
    world.add(changing);
    const feed = new TestFeed();
    await feed.pull(psp);
    changing.reference = 'corrected';
    world.add(createTransaction(2, old + DAY, { visibleFrom: NOW + HOUR }));
    await clock.sleep(2 * HOUR);
    await feed.pull(psp);
    expect(feed.newVersionCount).toBe(0);
    await clock.sleep(5 * HOUR);
    await feed.pull(psp);
    expect(feed.newVersionCount).toBe(2);
  });

  it('many decisions at once cost pages, not a request each', async () => {
    const { clock, world, psp, asked } = await startTest();
    world.add(
      ...Array.from({ length: 300 }, (_, n) =>
        createTransaction(n, old + n * MINUTE, { decidedAt: NOW + HOUR }),
      ),
    );
    const feed = new TestFeed();
    await feed.pull(psp);
    await clock.sleep(HOUR);
    const before = asked();
    await feed.pull(psp);
    expect(feed.newVersionCount).toBe(300);
    expect(asked() - before).toBe(3);
  });
});

it('a quiet account costs two requests and no new cursor', async () => {
  const { clock, world, psp, asked } = await startTest();
  world.add(createTransaction(1, NOW - 10 * DAY));
  const feed = new TestFeed();
  await feed.pull(psp);
  const { cursor } = feed;
  await clock.sleep(2 * MINUTE);
  const before = asked();
  await feed.pull(psp);
  expect(asked() - before).toBe(2);
  expect(feed.pageCount).toBe(0);
  expect(feed.cursor).toBe(cursor);
});

it.each(['nonsense', '{"v":2}', '{"v":1,"at":"x"}', '[]'])(
  'says whose cursor it is not: %s',
  async (cursor) => {
    const { psp } = await startTest();
    await expect(collectPages(psp.transactions(cursor))).rejects.toThrow(
      'was not written by the plugin revolut-business',
    );
    await expect(collectPages(psp.beneficiaries!(cursor))).rejects.toThrow('was not written');
  },
);

it('lists all counterparties although many were created at once, and later only the new ones', async () => {
  const { clock, world, psp, fake } = await startTest({ pageSize: 10 });
  const add = (number: number, createdAt: number) =>
    world.counterparties.push({ id: createUuid(2, number), createdAt, members: { name: `Payee ${number}` } });
  for (let number = 0; number < 95; number += 1) add(number, NOW - 40 * DAY + Math.floor(number / 35) * DAY);
  const first = await collectPages(psp.beneficiaries!());
  expect(new Set(first.flatMap(({ items }) => items.map(({ id }) => id))).size).toBe(95);
  await clock.sleep(HOUR);
  add(200, clock.now() - MINUTE);
  const listed = () => fake.server.requests.filter(({ path }) => path === '/counterparties').length;
  const before = listed();
  const second = await collectPages(psp.beneficiaries!(first.at(-1)!.cursor));
  expect(second.flatMap(({ items }) => items.map(({ id }) => id))).toContain(createUuid(2, 200));
  expect(listed() - before).toBe(1);
});
