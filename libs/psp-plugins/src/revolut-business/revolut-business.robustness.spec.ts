/**
 * Tests responses that violate the document: short pages, wrong types, unknown words, and amounts with the rounding errors of
 * floating-point numbers.
 */
import { isRejectedRecord } from '@tributary/connector-api';
import type { Order } from '@tributary/connector-api';
import { JsonNumber } from '@tributary/connector-api/http';
import { RevolutBusinessFake } from './revolut-business.fake.js';
import { collectPages, FakeClock, mountPlugin, TestFeed } from './testing/mount-plugin.js';
import { createUuid, SimulatedRevolut } from './testing/simulated-revolut.js';
import { SIMULATED_ACCOUNTS } from './testing/simulate-year.js';

const NOW = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const [EUR, EUR_2] = [SIMULATED_ACCOUNTS[0]!, SIMULATED_ACCOUNTS[1]!];

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
  return { clock, world, fake, psp: connector.psp };
}

const ROW = {
  id: createUuid(9, 1),
  type: 'card_payment',
  state: 'completed',
  created_at: '2026-05-31T10:00:00.123456Z',
  updated_at: '2026-05-31T10:00:00.123456Z',
  legs: [{ leg_id: createUuid(9, 2), account_id: EUR.id, amount: -10, currency: 'EUR' }],
};

const TRANSFER: Order = {
  kind: 'TRANSFER',
  idempotencyKey: '1f0f3850-9627-42de-8ad4-a2c497c37d0b',
  reference: 'invoice-1',
  amount: { amount: 1250n, asset: 'EUR/2' },
  sourceAccountId: EUR.id,
  destinationAccountId: EUR_2.id,
  metadata: {},
  createdAt: new Date(NOW).toISOString(),
};

it('lists all rows of a PSP whose pages are shorter than asked for', async () => {
  const { world, fake, psp } = await startTest({ pageSize: 100 });
  fake.maxRowsPerPage = 60;
  world.add(
    ...Array.from({ length: 1030 }, (_, number) => ({
      id: createUuid(1, number),
      type: 'card_payment',
      createdAt: BigInt(NOW - 20 * DAY + number * 60_000) * 1000n,
      legs: [{ account: EUR, amount: -100n }],
      decidedAt: 0,
      outcome: 'completed' as const,
    })),
  );
  const feed = new TestFeed();
  await feed.pull(psp);
  expect(feed.rows.size).toBe(1030);
});

it.each([
  [
    'merchant.category_code',
    { merchant: { name: 'X', category_code: 7311 } },
    'merchant_category_code',
    '7311',
  ],
  ['reference', { reference: 12345 }, 'reference', '12345'],
  ['request_id', { type: 'transfer', request_id: 998877 }, 'request_id', '998877'],
  [
    'legs[0].description',
    { legs: [{ ...ROW.legs[0], description: { text: 'x' } }] },
    'description',
    '{"text":"x"}',
  ],
  ['reason_code', { state: 'declined', reason_code: 51 }, 'reason_code', '51'],
])('serves the money of a row although %s is of another type', async (_name, more, key, expected) => {
  const { fake, psp } = await startTest();
  fake.server.injectFault({ fault: { response: { body: [{ ...ROW, ...more }] } }, path: '/transactions' });
  const [page] = await collectPages(psp.transactions());
  const [item] = page?.items ?? [];
  expect(item).toMatchObject({
    amount: { amount: 1000n, asset: 'EUR/2' },
    metadata: { [`com.revolut-business.spec/${key}`]: expected },
  });
});

it('lists an account whose balance cannot be served, and says so', async () => {
  const { fake, psp } = await startTest();
  const account = { id: EUR.id, name: 'Main', currency: 'EUR', state: 'active', created_at: ROW.created_at };
  const body = [
    { ...account, balance: new JsonNumber('12.340000000000002') },
    { ...account, id: EUR_2.id, balance: new JsonNumber('1.00') },
  ];
  fake.server.injectFault({ fault: { response: { body } }, path: '/accounts' });
  const [page] = await collectPages(psp.accounts());
  expect(page?.items.map((item) => [item.id, isRejectedRecord(item)])).toEqual([
    [EUR.id, false],
    [EUR_2.id, false],
  ]);
  expect(page?.balances?.map(({ accountId }) => accountId)).toEqual([EUR_2.id]);
  expect(page?.warnings).toEqual([
    { id: `balance-${EUR.id}`, message: expect.stringContaining('12.340000000000002') },
  ]);
});

it('keeps the id of an order whose state it does not know, as pending', async () => {
  const { fake, psp } = await startTest();
  const body = { id: createUuid(9, 9), state: 'awaiting_review', created_at: ROW.created_at };
  fake.server.injectFault({ fault: { response: { body } }, path: '/transfer' });
  expect(await psp.createTransfer!(TRANSFER)).toMatchObject({ id: createUuid(9, 9), status: 'PENDING' });
});

it('sees at the next listing that a transaction of an unknown state was decided', async () => {
  const { clock, world, fake, psp } = await startTest();
  const createdAt = BigInt(NOW - 20 * DAY) * 1000n;
  const id = createUuid(1, 1);
  const legs = [{ account: EUR, amount: -100n }];
  world.add({ id, type: 'card_payment', createdAt, legs, decidedAt: 0, outcome: 'completed' });
  const body = [{ ...world.toJson(world.transactions[0]!), state: 'awaiting_review' }];
  fake.server.injectFault({ fault: { response: { body } }, path: '/transactions' });
  const feed = new TestFeed();
  // The listing is stopped after one page. So only the first page contained the unknown state.
  await feed.pull(psp, 1);
  expect(feed.rows.get(id)?.status).toBe('OTHER');
  await clock.sleep(HOUR);
  await feed.pull(psp);
  expect(feed.rows.get(id)?.status).toBe('SUCCEEDED');
});

it.each([
  ['a number', { code: 3020, message: 'Duplicate request' }],
  ['a text', { code: '3020', message: 'x' }],
  ['absent', { message: 'Duplicate request: 1f0f3850' }],
])('takes a duplicate for no rejection when its code is %s', async (_name, body) => {
  const { fake, psp } = await startTest();
  fake.server.injectFault({ fault: { response: { status: 400, body } }, path: '/transfer' });
  await expect(psp.createTransfer!(TRANSFER)).rejects.toMatchObject({ kind: 'unknown-outcome' });
});
