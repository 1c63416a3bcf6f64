/** Tests each special case of the listing separately. The test of a year only covers them by chance. */
import { RevolutBusinessFake } from './revolut-business.fake.js';
import { collect, FakeClock, Mirror, mount } from './testing/mounted.js';
import { uuid, World } from './testing/world.js';
import type { WorldTransaction } from './testing/world.js';
import { ACCOUNTS } from './testing/year.js';

const NOW = Date.UTC(2026, 5, 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing) await close();
  closing = [];
});

async function begin(settings: object = {}) {
  const clock = new FakeClock(NOW);
  const world = new World([...ACCOUNTS], clock);
  const fake = await RevolutBusinessFake.start({ clock, world });
  const connector = await mount({ ...fake.settings, since: '2026-04-01', ...settings }, clock);
  closing = [() => connector.close(), () => fake.psp.close()];
  const asked = () => fake.psp.requests.filter(({ path }) => path === '/transactions').length;
  return { clock, world, fake, asked, psp: connector.psp };
}

function made(number: number, at: number, more: Partial<WorldTransaction> = {}): WorldTransaction {
  return {
    id: uuid(1, number),
    type: 'card_payment',
    createdAt: BigInt(at) * 1000n,
    legs: [{ account: ACCOUNTS[0]!, amount: -100n }],
    decidedAt: at,
    outcome: 'completed',
    ...more,
  };
}

describe('more rows of one moment than a page holds', () => {
  const crowd = (rows: number, types: string[]) =>
    Array.from({ length: rows }, (_, number) =>
      made(number, NOW - DAY, { type: types[number % types.length]! }),
    );

  it('are told apart by their types', async () => {
    const { world, psp } = await begin();
    world.add(...crowd(1500, ['card_payment', 'topup']), made(9001, NOW - 2 * DAY), made(9002, NOW - HOUR));
    const mirror = new Mirror();
    await mirror.pull(psp);
    expect(mirror.rows.size).toBe(1502);
    expect(mirror.findings).toEqual([]);
  });

  it('are reported where they are of one type, and the rest is listed', async () => {
    const { world, psp } = await begin();
    world.add(...crowd(1001, ['card_payment']), made(9001, NOW - 2 * DAY));
    const mirror = new Mirror();
    await mirror.pull(psp);
    expect(mirror.rows.size).toBe(1001);
    expect(mirror.rows.has(uuid(1, 9001))).toBe(true);
    expect(mirror.findings).toEqual([
      expect.stringContaining('1000 or more transactions of type card_payment were created at 2026-05-31'),
    ]);
  });
});

describe('what changes late', () => {
  const old = NOW - 20 * DAY;

  it('a decision is seen by the next listing, for one request', async () => {
    const { clock, world, psp, asked } = await begin();
    world.add(made(1, old, { decidedAt: NOW + HOUR }), made(2, old + DAY));
    const mirror = new Mirror();
    await mirror.pull(psp);
    expect(mirror.rows.get(uuid(1, 1))?.status).toBe('PENDING');
    await clock.sleep(HOUR);
    const before = asked();
    await mirror.pull(psp);
    expect(mirror.rows.get(uuid(1, 1))?.status).toBe('SUCCEEDED');
    // One request each: undecided transactions, the decided transaction, the last hours.
    expect(asked() - before).toBe(3);
  });

  it('one of two that share their time', async () => {
    const { clock, world, psp } = await begin();
    world.add(made(1, old, { decidedAt: NOW + HOUR }), made(2, old, { decidedAt: NOW + DAY }));
    const mirror = new Mirror();
    await mirror.pull(psp);
    await clock.sleep(HOUR);
    await mirror.pull(psp);
    expect([1, 2].map((number) => mirror.rows.get(uuid(1, number))?.status)).toEqual([
      'SUCCEEDED',
      'PENDING',
    ]);
  });

  it('a payment that is reverted weeks later is seen by the next listing', async () => {
    const { clock, world, psp } = await begin();
    world.add(made(1, old, { type: 'transfer', revertedAt: NOW + HOUR }));
    const mirror = new Mirror();
    await mirror.pull(psp);
    await clock.sleep(HOUR);
    await mirror.pull(psp);
    expect(mirror.rows.get(`${uuid(1, 1)}.reverted`)).toMatchObject({ status: 'REFUNDED', type: 'PAYOUT' });
    expect(mirror.sums().get(`${ACCOUNTS[0]!.id} EUR/2`)).toBe(0n);
  });

  it('anything else is seen when everything is read again', async () => {
    const { clock, world, psp } = await begin({ rereadEveryHours: 6 });
    const changing = made(1, old);
    world.add(changing);
    const mirror = new Mirror();
    await mirror.pull(psp);
    changing.reference = 'corrected';
    world.add(made(2, old + DAY, { visibleFrom: NOW + HOUR }));
    await clock.sleep(2 * HOUR);
    await mirror.pull(psp);
    expect(mirror.versions).toBe(0);
    await clock.sleep(5 * HOUR);
    await mirror.pull(psp);
    expect(mirror.versions).toBe(2);
  });

  it('many decisions at once cost pages, not a request each', async () => {
    const { clock, world, psp, asked } = await begin();
    world.add(...Array.from({ length: 300 }, (_, n) => made(n, old + n * MINUTE, { decidedAt: NOW + HOUR })));
    const mirror = new Mirror();
    await mirror.pull(psp);
    await clock.sleep(HOUR);
    const before = asked();
    await mirror.pull(psp);
    expect(mirror.versions).toBe(300);
    expect(asked() - before).toBe(3);
  });
});

it('a quiet account costs two requests and no new cursor', async () => {
  const { clock, world, psp, asked } = await begin();
  world.add(made(1, NOW - 10 * DAY));
  const mirror = new Mirror();
  await mirror.pull(psp);
  const { cursor } = mirror;
  await clock.sleep(2 * MINUTE);
  const before = asked();
  await mirror.pull(psp);
  expect(asked() - before).toBe(2);
  expect(mirror.pages).toBe(0);
  expect(mirror.cursor).toBe(cursor);
});

it.each(['nonsense', '{"v":2}', '{"v":1,"at":"x"}', '[]'])(
  'says whose cursor it is not: %s',
  async (cursor) => {
    const { psp } = await begin();
    await expect(collect(psp.transactions(cursor))).rejects.toThrow(
      'was not written by the plugin revolut-business',
    );
    await expect(collect(psp.beneficiaries!(cursor))).rejects.toThrow('was not written');
  },
);

it('lists all counterparties although many were created at once, and later only the new ones', async () => {
  const { clock, world, psp, fake } = await begin({ pageSize: 10 });
  const add = (number: number, createdAt: number) =>
    world.counterparties.push({ id: uuid(2, number), createdAt, members: { name: `Payee ${number}` } });
  for (let number = 0; number < 95; number += 1) add(number, NOW - 40 * DAY + Math.floor(number / 35) * DAY);
  const first = await collect(psp.beneficiaries!());
  expect(new Set(first.flatMap(({ items }) => items.map(({ id }) => id))).size).toBe(95);
  await clock.sleep(HOUR);
  add(200, clock.now() - MINUTE);
  const listed = () => fake.psp.requests.filter(({ path }) => path === '/counterparties').length;
  const before = listed();
  const second = await collect(psp.beneficiaries!(first.at(-1)!.cursor));
  expect(second.flatMap(({ items }) => items.map(({ id }) => id))).toContain(uuid(2, 200));
  expect(listed() - before).toBe(1);
});
