/** Tests what the listing of an API without a filter for changes could lose: late returns, both sides of one id, split pages, broken ones. */
import type { Order } from '@tributary/connector-api';
import { AdyenBalancePlatformFake } from './adyen-balance-platform.fake.js';
import { FakeLedger } from './testing/fake-ledger.js';
import { AdyenTestConnector, SleepSkippingClock } from './testing/test-connector.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW = Date.UTC(2026, 5, 1);

let fake: AdyenBalancePlatformFake;
let connector: AdyenTestConnector;
let clock: SleepSkippingClock;
let accounts: string[];

beforeEach(async () => {
  clock = new SleepSkippingClock(NOW);
  fake = await AdyenBalancePlatformFake.start(new FakeLedger(clock));
  accounts = [fake.ledger.addAccount(), fake.ledger.addAccount()];
  connector = await AdyenTestConnector.open(fake.settings, clock);
});

afterEach(async () => {
  await connector.close();
  await fake.close();
});

function addPayout(at: number, units: bigint) {
  const [accountId = ''] = accounts;
  const counterparty = { transferInstrumentId: fake.ledger.addTransferInstrument() };
  const shared = { at, accountId, category: 'bank', type: 'bankTransfer', currency: 'EUR', counterparty };
  const payout = fake.ledger.addTransfer({ ...shared, units: -units });
  fake.ledger.book(payout, at);
  return payout;
}

function countRequests(path: RegExp): number {
  return fake.server.requests.filter((request) => path.test(request.path)).length;
}

function expectSums(): void {
  for (const account of accounts) {
    const { EUR = 0n } = fake.ledger.sumBookings(account);
    expect(connector.sumEffects(account)).toEqual(EUR === 0n ? expect.anything() : { 'EUR/2': EUR });
  }
}

it('sees a payout that returns after five months at the next sync, for one request', async () => {
  const payout = addPayout(NOW - 150 * DAY_MS, 5_000n);
  addPayout(NOW - 30_000, 700n);
  await connector.sync();
  expect(countRequests(/transfers\/TR/)).toBe(0);
  clock.time += HOUR_MS / 2;
  fake.ledger.addBooking(payout, clock.time, 'returned', { EUR: 5_000n });
  clock.time += 60_000;
  await connector.sync();
  expect(countRequests(/transfers\/TR/)).toBe(1);
  expect([...connector.transactions.values()].at(-1)).toMatchObject({
    ...{
      type: 'PAYOUT',
      status: 'REFUNDED',
      relatedTransactionId: payout.id,
      destinationAccountId: accounts[0],
    },
  });
  expect(connector.transactions.get(payout.id)).toMatchObject({ status: 'SUCCEEDED' });
  expectSums();
  await connector.sync();
  expect(countRequests(/transfers\/TR/)).toBe(1);
});

it('lists both sides of an internal transfer with one id as one row, and its return', async () => {
  const [from = '', to = ''] = accounts;
  const transfer = fake.ledger.addInternalTransfer({
    at: NOW - HOUR_MS,
    from,
    to,
    units: 900n,
    currency: 'EUR',
  });
  fake.ledger.book(transfer, NOW - HOUR_MS);
  await connector.sync();
  expect([...connector.transactions.values()]).toEqual([
    expect.objectContaining({ type: 'TRANSFER', sourceAccountId: from, destinationAccountId: to }),
  ]);
  for (const side of fake.ledger.transfers)
    fake.ledger.addBooking(side, clock.time, 'returned', { EUR: -side.units });
  await connector.sync();
  expect(connector.transactions.size).toBe(2);
  expect(connector.sumEffects(from)).toEqual({ 'EUR/2': 0n });
  expect(connector.sumEffects(to)).toEqual({ 'EUR/2': 0n });
  expect(countRequests(/transfers\/TR/)).toBe(0);
});

it('is complete with pages of one row, and after stopping at every page', async () => {
  for (let number = 0; number < 12; number += 1) addPayout(NOW - number * 20 * DAY_MS, 100n + BigInt(number));
  fake.maxRowsPerPage = 1;
  for (let pulls = 0; pulls < 40; pulls += 1) await connector.sync(1);
  expect(connector.transactions.size).toBe(12);
  expectSums();
});

it.each<[string, (row: Row) => object]>([
  ['amounts as texts', (row) => ({ ...row, amount: { ...row.amount, value: '5000' } })],
  ['a negative amount of money that leaves', (row) => ({ ...row, amount: { ...row.amount, value: -5000 } })],
  ['no direction', (row) => ({ ...row, direction: undefined })],
  ['no type', (row) => ({ ...row, type: undefined })],
  ['an unknown status', (row) => ({ ...row, status: 'moonlit' })],
  ['no events', (row) => ({ ...row, events: undefined })],
  ['each event twice', (row) => ({ ...row, events: [...row.events, ...row.events] })],
  ['the events newest first', (row) => ({ ...row, events: row.events.toReversed() })],
])('is right with %s', async (_name, change) => {
  addPayout(NOW - DAY_MS, 5_000n);
  fake.server.transformResponse = (request, body) =>
    request.path.endsWith('/transfers')
      ? { data: (body as { data: Row[] }).data.map((row) => change(row)) }
      : body;
  await connector.sync();
  expect([...connector.rejected.values()]).toEqual([]);
  expectSums();
});

interface Row {
  amount: { value: unknown };
  events: object[];
}

it('does not take a listing of account holders that never ends for a list of accounts', async () => {
  fake.server.transformResponse = (_request, body) => ({ ...(body as object), hasNext: true });
  const read = async () => {
    const pages: unknown[] = [];
    for await (const page of connector.psp.accounts()) pages.push(page);
    return pages;
  };
  await expect(read()).rejects.toMatchObject({ kind: 'unavailable' });
});

it('serves what a bank account was paid, and pays it again', async () => {
  const bankAccount = {
    accountHolder: { fullName: 'A. Klaassen', address: { country: 'US', city: 'San Francisco' } },
    accountIdentification: { type: 'usLocal', accountNumber: '123456789', routingNumber: '011000138' },
  };
  const payout = addPayout(NOW - HOUR_MS, 100n);
  payout.counterparty = { bankAccount };
  for await (const { items } of connector.psp.beneficiaries!())
    for (const { id, ...item } of items)
      if ('metadata' in item)
        connector.beneficiaries.set(id, { metadata: item.metadata as Record<string, string> });
  const [id = ''] = connector.beneficiaries.keys();
  expect(id).toBe('usLocal.123456789.011000138');
  const order: Order = {
    kind: 'PAYOUT',
    idempotencyKey: '1f0f3850-9627-42de-8ad4-a2c497c37d0b',
    reference: 'invoice-1',
    amount: { amount: 250n, asset: 'EUR/2' },
    sourceAccountId: accounts[0] ?? '',
    destinationAccountId: id,
    metadata: {},
    createdAt: '2026-05-31T12:00:00.000Z',
  };
  await connector.psp.createPayout!(order);
  expect(fake.server.requests.at(-1)?.body).toMatchObject({
    counterparty: { bankAccount },
    priority: 'regular',
  });
  const tooExact = { ...order, amount: { amount: 12_345n, asset: 'IDR/2' } };
  await expect(connector.psp.createPayout!(tooExact)).rejects.toMatchObject({ kind: 'rejected' });
});

it('an empty list of old transfers that Adyen returns once hides no row', async () => {
  addPayout(NOW - 150 * DAY_MS, 5_000n);
  addPayout(NOW - 100 * DAY_MS, 700n);
  let faults = 0;
  fake.server.transformResponse = ({ path }, body) => {
    const { data = [] } = body as { data?: unknown[] };
    if (!path.endsWith('/transfers') || data.length === 0 || faults > 0) return body;
    faults += 1;
    return { data: [], _links: {} };
  };
  await connector.sync();
  expect([faults, connector.transactions.size]).toEqual([1, 2]);
  expectSums();
});

it.each([0.5, 5, 20])(
  'an empty list of bookings that Adyen returns once after %d hours hides no return',
  async (hours) => {
    const payout = addPayout(NOW - 150 * DAY_MS, 5_000n);
    await connector.sync();
    clock.time += 60_000;
    fake.ledger.addBooking(payout, clock.time, 'returned', { EUR: 5_000n });
    clock.time += hours * HOUR_MS;
    let faults = 0;
    fake.server.transformResponse = ({ path }, body) => {
      const { data = [] } = body as { data?: unknown[] };
      if (!path.endsWith('/transactions') || data.length === 0 || faults > 0) return body;
      faults += 1;
      return { data: [], _links: {} };
    };
    await connector.sync();
    clock.time += HOUR_MS / 4;
    await connector.sync();
    expect([faults, connector.transactions.size]).toEqual([1, 2]);
    expectSums();
  },
);
