/**
 * Tests cases that Square's document does not define or that a fault can cause: empty lists, short pages, unknown words, late failures,
 * several locations.
 */
import type { PspClient } from '@tributary/connector-api';
import { FAKE_OAUTH, FAKE_SETTINGS, SquareFake, toFakeMoney } from './square.fake.js';
import { FakeClock, mountPlugin, TestFeed } from './testing/mount-plugin.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 0, 20, 12);
const ENTRIES = '/v2/payouts/{id}/payout-entries';

let clock: FakeClock;
let fake: SquareFake;
let feed: TestFeed;
let psp: PspClient;
let close: () => Promise<void>;
beforeEach(async () => {
  clock = new FakeClock(NOW);
  fake = await SquareFake.start({ clock });
  fake.addLocation();
  await mount(fake.settings);
});
afterEach(async () => {
  await close();
  await fake.server.close();
});

async function mount(settings: object): Promise<void> {
  feed = new TestFeed();
  const connector = await mountPlugin(settings, clock, feed);
  psp = connector.psp;
  close = () => connector.close();
}

const eur = (units: number) => toFakeMoney(BigInt(units), 'EUR');
const addPayments = (count: number, at = NOW - 3 * DAY) =>
  Array.from({ length: count }, (_, number) => fake.addPayment(at + number * 1000, eur(100 + number)).id);
const findRow = (id: string) => {
  const row = feed.rows.get(id);
  return row && `${row.type} ${row.status} ${row.amount.amount}`;
};

const computeSums = () => Object.values(feed.computeSums(fake.locations.map(({ id }) => id)));

describe('an empty object instead of a list', () => {
  it.each([1, 2, 3, 4, 5, 6])('at request %i costs no payment', async (nth) => {
    fake.maxRowsPerPage = 2;
    const ids = addPayments(7);
    fake.server.injectFault({
      fault: { response: { status: 200, body: {} } },
      path: '/v2/payments',
      nth,
      times: 1,
    });
    await feed.pull(psp).catch(() => undefined);
    await feed.pull(psp);
    expect(ids.filter((id) => !feed.rows.has(id))).toEqual([]);
  });

  it.each([1, 3])('from request %i on costs no payment, however old', async (nth) => {
    fake.maxRowsPerPage = 2;
    const ids = addPayments(7, NOW - 300 * DAY);
    fake.server.injectFault({
      fault: { response: { status: 200, body: {} } },
      path: '/v2/payments',
      nth,
      times: Infinity,
    });
    const failed = await feed.pull(psp).then(
      () => false,
      () => true,
    );
    // As long as no row was listed, the response cannot be distinguished from that of a location without payments, so there is no error.
    expect(failed).toBe(nth > 1);
    fake.server.clearFaults();
    await feed.pull(psp);
    expect(ids.filter((id) => !feed.rows.has(id))).toEqual([]);
  });

  it.each([{ cursor: '' }, { cursor: null }])('can have the form %j', async (body) => {
    const quiet = fake.addLocation().id;
    fake.server.transformResponse = (_request, found) => (JSON.stringify(found) === '{}' ? body : found);
    await feed.pull(psp);
    await feed.pull(psp);
    fake.server.transformResponse = undefined;
    fake.addPayment(NOW - 200 * DAY, eur(1), { location_id: quiet });
    await feed.pull(psp);
    expect(computeSums()).toEqual([0n, 1n]);
  });

  it('is an error if the oldest row belongs to the list that it answers', async () => {
    const [old = ''] = addPayments(1, NOW - 30 * DAY);
    // The window of the first listing contains the oldest row, so the list cannot be empty.
    fake.server.transformResponse = ({ path, query }, body) =>
      path === '/v2/payments' && query.get('limit') !== '1' ? {} : body;
    await expect(feed.pull(psp)).rejects.toThrow('this is not the end of the list');
    expect(feed.rows.has(old)).toBe(false);
    fake.server.transformResponse = undefined;
    await feed.pull(psp);
    expect(feed.rows.has(old)).toBe(true);
  });

  it('is the answer for a location without payments, which is no error', async () => {
    const quiet = fake.addLocation().id;
    await feed.pull(psp);
    await feed.pull(psp);
    fake.addPayment(NOW - 200 * DAY, eur(1), { location_id: quiet });
    await feed.pull(psp);
    expect(computeSums()).toEqual([0n, 1n]);
  });

  it('is no end of the entries of a payout, and the other lists are read', async () => {
    const [payment = ''] = addPayments(1);
    const payout = fake.addPayout(NOW - DAY, eur(100), { type: 'BATCH' }).id;
    fake.addEntry(payout, 'ADJUSTMENT', NOW - DAY, { gross: eur(100), net: eur(100) });
    fake.server.injectFault({ fault: { response: { status: 200, body: {} } }, path: ENTRIES });
    await expect(feed.pull(psp)).rejects.toThrow('no list');
    expect(feed.rows.has(payment)).toBe(true);
    await feed.pull(psp);
    expect(feed.rows.size).toBe(3);
  });
});

it.each([
  { errors: [{ code: 'SERVICE_UNAVAILABLE' }] },
  { payments: null },
  { payments: {} },
  [],
  { data: [] },
])('the response %j is no end of a list', async (body) => {
  const ids = addPayments(3);
  fake.server.injectFault({ fault: { response: { status: 200, body } }, path: '/v2/payments', nth: 2 });
  await expect(feed.pull(psp)).rejects.toThrow();
  await feed.pull(psp);
  expect(ids.filter((id) => !feed.rows.has(id))).toEqual([]);
});

it('a page without rows that names a next page is not the end', async () => {
  const ids = addPayments(3);
  fake.maxRowsPerPage = 1;
  let pages = 0;
  fake.server.transformResponse = (request, body) => {
    if (request.path !== '/v2/payments' || (pages += 1) !== 3) return body;
    return { cursor: Reflect.get(body as object, 'cursor') as unknown };
  };
  await feed.pull(psp).catch(() => undefined);
  fake.server.transformResponse = undefined;
  await feed.pull(psp);
  // The fake has omitted one payment. The regular reading of all rows finds this payment.
  await clock.sleep(25 * HOUR);
  await feed.pull(psp);
  expect(ids.filter((id) => !feed.rows.has(id))).toEqual([]);
});

it('numbers as text and flags as text are read', async () => {
  const payment = fake.addPayment(NOW - DAY, eur(500)).id;
  fake.addRefund(NOW - HOUR, eur(200), { unlinked: true });
  const payout = fake.addPayout(NOW - HOUR, eur(300), { type: 'BATCH' }).id;
  fake.addEntry(payout, 'TAX_ON_FEE', NOW - HOUR, { gross: eur(-7), net: eur(-7) }, { payment_id: payment });
  fake.server.transformResponse = (_request, body) =>
    JSON.parse(JSON.stringify(body).replace(/":(-?\d+|true|false)(?=[,}])/g, '":"$1"')) as unknown;
  await feed.pull(psp);
  expect(feed.rejected.size).toBe(0);
  expect(computeSums()).toEqual([500n - 200n - 300n - 7n]);
});

it('a refund without a payment is a row that counts by itself, and one that fails later is reversed', async () => {
  const refund = fake.addRefund(NOW - HOUR, eur(200), { unlinked: true });
  await feed.pull(psp);
  expect(findRow(refund.id)).toBe('OTHER SUCCEEDED 200');
  Object.assign(refund, { status: 'FAILED', updated_at: new Date(NOW).toISOString() });
  await feed.pull(psp);
  expect([refund.id, `${refund.id}.reversed`].map(findRow)).toEqual([
    'OTHER SUCCEEDED 200',
    'OTHER REFUNDED 200',
  ]);
  expect(computeSums()).toEqual([0n]);
});

it('amounts keep digits that a double has not', async () => {
  const big = toFakeMoney(9_007_199_254_740_993n, 'EUR');
  const { id } = fake.addPayment(NOW - DAY, big);
  await feed.pull(psp);
  expect(feed.rows.get(id)?.amount.amount).toBe(9_007_199_254_740_993n);
});

it('words that are not known are OTHER, or refused where money depends on them', async () => {
  const payment = fake.addPayment(NOW - DAY, eur(1), { status: 'NEW' }).id;
  const payout = fake.addPayout(NOW - DAY, eur(2), { status: 'NEW' }).id;
  const refund = fake.addRefund(NOW - DAY, eur(3), { status: 'NEW', payment_id: payment }).id;
  const dispute = fake.addDispute(NOW - DAY, eur(4), payment, { state: 'NEW' }).id;
  for (const id of [payout, refund, dispute]) fake.brokenIds.add(id);
  await feed.pull(psp);
  expect([payment, payout, refund, dispute].map(findRow)).toEqual([
    'PAYIN OTHER 1',
    'PAYOUT OTHER 2',
    undefined,
    undefined,
  ]);
  expect([...feed.rejected].map(([id, { reason }]) => `${id} ${reason}`)).toEqual([
    expect.stringMatching(`^${refund} status: expected one of .*found "NEW"`),
    expect.stringMatching(`^${dispute} state: expected one of .*found "NEW"`),
  ]);
});

it('a fee that cannot be read does not cost its payment', async () => {
  const { id } = fake.addPayment(NOW - DAY, eur(500), {
    processing_fee: [{ amount_money: { currency: 'EUR' } }, { amount_money: eur(9), type: 'ADJUSTMENT' }],
  });
  fake.brokenIds.add(id);
  await feed.pull(psp);
  expect([...feed.rejected.keys()]).toEqual([`${id}.fee.0`]);
  expect([id, `${id}.fee.1`].map(findRow)).toEqual(['PAYIN SUCCEEDED 500', 'OTHER SUCCEEDED 9']);
});

it('reads every location, and payments that are older than a year', async () => {
  const second = fake.addLocation('JPY').id;
  fake.addPayment(NOW - 3 * 365 * DAY, eur(500));
  fake.addPayment(NOW - DAY, toFakeMoney(7n, 'JPY'), { location_id: second });
  fake.addPayout(NOW - 2 * 365 * DAY, eur(400));
  await feed.pull(psp);
  expect(computeSums()).toEqual([100n, 7n]);
});

it('cash, external payments and gift cards are no money that Square owes', async () => {
  fake.addPayment(NOW - DAY, eur(1), { source_type: 'CASH' });
  const external = fake.addPayment(NOW - DAY, eur(2), { source_type: 'EXTERNAL' }).id;
  fake.addPayment(NOW - DAY, eur(4), { card_details: { card: { card_brand: 'SQUARE_GIFT_CARD' } } });
  fake.addRefund(NOW - DAY, eur(1), { payment_id: external, destination_type: 'EXTERNAL' });
  await feed.pull(psp);
  expect(feed.rows.size).toBe(4);
  expect(computeSums()).toEqual([0n]);
});

it('a refund that fails after it was completed gives its money back', async () => {
  const payment = fake.addPayment(NOW - 2 * DAY, eur(500)).id;
  const refund = fake.addRefund(NOW - DAY, eur(200), { payment_id: payment }).id;
  await feed.pull(psp);
  fake.change(refund, { status: 'FAILED' });
  await feed.pull(psp);
  expect([refund, `${refund}.reversed`].map(findRow)).toEqual([
    'PAYIN REFUNDED 200',
    'PAYIN REFUND_REVERSED 200',
  ]);
  expect(computeSums()).toEqual([500n]);
});

it('a refund that fails after it was completed takes back the fee that it had given back', async () => {
  const payment = fake.addPayment(NOW - 2 * DAY, eur(500)).id;
  const fees = { processing_fee: [{ amount_money: eur(-9), type: 'INITIAL' }], app_fee_money: eur(5) };
  const refund = fake.addRefund(NOW - DAY, eur(200), { payment_id: payment, ...fees }).id;
  await feed.pull(psp);
  expect(computeSums()).toEqual([500n - 200n + 9n + 5n]);
  fake.change(refund, { status: 'FAILED' });
  await feed.pull(psp);
  await feed.pull(psp);
  expect(computeSums()).toEqual([500n]);
});

it('a payout that fails after it was paid is seen when everything is read again', async () => {
  const payout = fake.addPayout(NOW - 2 * DAY, eur(500)).id;
  await feed.pull(psp);
  fake.change(payout, { status: 'FAILED' });
  await clock.sleep(25 * HOUR);
  await feed.pull(psp);
  expect([payout, `${payout}.returned`].map(findRow)).toEqual([
    'PAYOUT SUCCEEDED 500',
    'PAYOUT REFUNDED 500',
  ]);
  expect(computeSums()).toEqual([0n]);
});

it('a negative amount is refused where the document has none, and has its row when it is right', async () => {
  const payment = fake.addPayment(NOW - 2 * DAY, eur(-5)).id;
  const refund = fake.addRefund(NOW - DAY, eur(-6), { payment_id: payment }).id;
  const dispute = fake.addDispute(NOW - DAY, eur(-7), payment, { state: 'LOST' }).id;
  for (const id of [payment, refund, dispute]) fake.brokenIds.add(id);
  await feed.pull(psp);
  expect(feed.rows.size).toBe(0);
  expect([...feed.rejected.keys()].toSorted()).toEqual([dispute, payment, refund].toSorted());
  expect(feed.rejected.get(payment)?.reason).toContain('total_money: amount -5 is negative');
});

it('an object that names another location than the list that contains it is refused', async () => {
  const [payment = ''] = addPayments(1);
  const payout = fake.addPayout(NOW - DAY, eur(500), { type: 'BATCH' }).id;
  fake.addEntry(payout, 'ADJUSTMENT', NOW - DAY, { gross: eur(500), net: eur(500), fee: eur(0) });
  fake.server.transformResponse = ({ path }, body) =>
    /payments|payouts$/.test(path)
      ? JSON.parse(JSON.stringify(body).replace(/"location_id":"[^"]*"/g, '"location_id":"L9"'))
      : body;
  await feed.pull(psp);
  expect(feed.rows.size).toBe(0);
  expect([...feed.rejected.keys()]).toEqual(expect.arrayContaining([payment, payout]));
  expect(feed.rejected.get(payment)?.reason).toMatch(/^location_id: L9, in the list of /);
});

it('a late fee without a new time of the payment is seen when everything is read again', async () => {
  const { id } = fake.addPayment(NOW - 2 * DAY, eur(500));
  await feed.pull(psp);
  fake.change(id, {
    processing_fee: [{ amount_money: eur(15), type: 'INITIAL' }],
    updated_at: new Date(NOW - 2 * DAY).toISOString(),
  });
  await clock.sleep(25 * HOUR);
  await feed.pull(psp);
  expect(findRow(`${id}.fee.0`)).toBe('OTHER SUCCEEDED 15');
});

it('a fee that a payment no longer has is taken back, and restored if it appears again', async () => {
  const fee = { amount_money: eur(15), type: 'INITIAL' };
  const more = { amount_money: eur(4), type: 'ADJUSTMENT' };
  const { id } = fake.addPayment(NOW - 2 * DAY, eur(500), {
    processing_fee: [fee, more],
    app_fee_money: eur(7),
  });
  const sums: (bigint | undefined)[] = [];
  for (const members of [
    {},
    { app_fee_money: undefined },
    { processing_fee: [fee] },
    { processing_fee: undefined },
    { processing_fee: [fee, { ...more, amount_money: eur(0) }] },
    { processing_fee: [fee, more], app_fee_money: eur(7) },
  ]) {
    fake.change(id, members);
    await feed.pull(psp);
    await feed.pull(psp);
    sums.push(computeSums()[0]);
  }
  expect(sums).toEqual([474n, 481n, 485n, 500n, 485n, 474n]);
  expect([`${id}.fee.0.reversed`, `${id}.fee.0.restored`].map(findRow)).toEqual([
    ...['OTHER REFUNDED 15', 'OTHER REFUND_REVERSED 15'],
  ]);
});

it('the refusal of a fee ends when its payment no longer has the fee', async () => {
  const broken = { amount_money: { currency: 'EUR' } };
  const { id } = fake.addPayment(NOW - 2 * DAY, eur(500), {
    ...{ processing_fee: [broken, broken], app_fee_money: { currency: 'EUR' } },
  });
  fake.brokenIds.add(id);
  await feed.pull(psp);
  expect([...feed.rejected.keys()]).toEqual([`${id}.fee.0`, `${id}.fee.1`, `${id}.app_fee`]);
  fake.change(id, { processing_fee: [broken] });
  await feed.pull(psp);
  expect([...feed.rejected.keys()]).toEqual([`${id}.fee.0`, `${id}.app_fee`]);
  fake.change(id, { processing_fee: undefined, app_fee_money: undefined });
  await feed.pull(psp);
  expect([...feed.rejected.keys()]).toEqual([]);
});

it('a dispute goes from an inquiry to its end', async () => {
  const payment = fake.addPayment(NOW - 2 * DAY, eur(500)).id;
  const dispute = fake.addDispute(NOW - DAY, eur(500), payment, { state: 'INQUIRY_EVIDENCE_REQUIRED' }).id;
  const seen: (string | undefined)[][] = [];
  for (const state of ['INQUIRY_PROCESSING', 'EVIDENCE_REQUIRED', 'PROCESSING', 'WON']) {
    fake.change(dispute, { state });
    await feed.pull(psp);
    seen.push([findRow(dispute), findRow(`${dispute}.won`)]);
  }
  expect(seen).toEqual([
    ['PAYIN DISPUTE 0', undefined],
    ['PAYIN REFUNDED 500', undefined],
    ['PAYIN REFUNDED 500', undefined],
    ['PAYIN REFUNDED 500', 'PAYIN REFUND_REVERSED 500'],
  ]);
});

it('a dispute that is lost after it was won takes the amount again, once', async () => {
  const payment = fake.addPayment(NOW - 2 * DAY, eur(500)).id;
  const dispute = fake.addDispute(NOW - DAY, eur(500), payment, { state: 'PROCESSING' }).id;
  const other = fake.addDispute(NOW - DAY, eur(500), payment, { state: 'LOST' }).id;
  for (const state of ['PROCESSING', 'WON', 'LOST', 'ACCEPTED']) {
    fake.change(dispute, { state });
    await feed.pull(psp);
  }
  const ids = [dispute, `${dispute}.won`, `${dispute}.won.reversed`, other, `${other}.won`];
  expect(ids.map(findRow)).toEqual([
    'PAYIN REFUNDED 500',
    'PAYIN REFUND_REVERSED 500',
    'PAYIN REFUNDED 500',
    'PAYIN REFUNDED 500',
    undefined,
  ]);
  expect(computeSums()).toEqual([-500n]);
});

it('a dispute adds up to its last state after any sequence of states', async () => {
  const payment = fake.addPayment(NOW - 2 * DAY, eur(500)).id;
  const dispute = fake.addDispute(NOW - DAY, eur(500), payment, { state: 'PROCESSING' }).id;
  const sums: (bigint | undefined)[] = [];
  for (const state of ['LOST', 'WON', 'LOST', 'WON', 'INQUIRY_PROCESSING', 'ACCEPTED', 'INQUIRY_CLOSED']) {
    fake.change(dispute, { state });
    await feed.pull(psp);
    sums.push(computeSums()[0]);
  }
  expect(sums).toEqual([0n, 500n, 0n, 500n, 500n, 0n, 500n]);
  expect(['won', 'won.reversed', 'won.2', 'won.reversed.2'].map((id) => findRow(`${dispute}.${id}`))).toEqual(
    [
      ...[
        'PAYIN REFUND_REVERSED 500',
        'PAYIN REFUNDED 500',
        'PAYIN REFUND_REVERSED 500',
        'PAYIN REFUNDED 500',
      ],
    ],
  );
});

it('a refund that fails and is completed again adds up to its last status', async () => {
  const payment = fake.addPayment(NOW - 2 * DAY, eur(500)).id;
  const refund = fake.addRefund(NOW - DAY, eur(200), { payment_id: payment }).id;
  const sums: (bigint | undefined)[] = [];
  for (const status of ['COMPLETED', 'FAILED', 'COMPLETED', 'FAILED']) {
    fake.change(refund, { status });
    await feed.pull(psp);
    sums.push(computeSums()[0]);
  }
  expect(sums).toEqual([300n, 500n, 300n, 500n]);
});

it('OAuth: the refresh token is exchanged for an access token', async () => {
  await close();
  await mount({ ...fake.settings, ...FAKE_OAUTH, accessToken: undefined });
  const [payment = ''] = addPayments(1);
  await feed.pull(psp);
  expect([feed.rows.has(payment), fake.issuedTokenCount]).toEqual([true, 1]);
  expect(fake.server.requests[1]?.headers).toMatchObject({
    authorization: `Bearer ${FAKE_SETTINGS.accessToken}`,
    'square-version': '2025-08-20',
  });
});
