/** Tests what Adyen's document leaves open: the order of events, and a booking that is listed before its transfer contains it. */
import { InMemoryFeed, ManualClock, openConnector } from '@tributary/connector-api/testing';
import { AdyenBalancePlatformFake } from './adyen-balance-platform.fake.js';
import { adyenBalancePlatform } from './index.js';
import { FakeLedger, type FakeTransfer } from './testing/fake-ledger.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let clock: ManualClock;
let ledger: FakeLedger;
let fake: AdyenBalancePlatformFake;
let feed: InMemoryFeed;
let connector: Awaited<ReturnType<typeof openConnector>>;
let accountId: string;
let cursor: string | undefined;
let warnings: string[];
beforeEach(async () => {
  clock = new ManualClock();
  ledger = new FakeLedger(clock);
  accountId = ledger.addAccount();
  fake = await AdyenBalancePlatformFake.start(ledger);
  feed = new InMemoryFeed();
  const settings = { ...fake.settings, since: new Date(clock.now() - 200 * DAY).toISOString().slice(0, 10) };
  connector = await openConnector(adyenBalancePlatform, settings, { feed, clock });
  cursor = undefined;
});
afterEach(async () => {
  await connector.close();
  await fake.close();
});

async function pull(): Promise<void> {
  warnings = [];
  for await (const page of connector.psp.transactions(cursor)) {
    feed.commitPage('transactions', page);
    warnings.push(...(page.warnings ?? []).map(({ id }) => id));
    cursor = page.cursor;
  }
}

function addPayout(at: number): FakeTransfer {
  const counterparty = { transferInstrumentId: ledger.addTransferInstrument() };
  const made = { at, accountId, category: 'bank', type: 'bankTransfer', currency: 'EUR', counterparty };
  const payout = ledger.addTransfer({ ...made, units: -1000n });
  ledger.book(payout, at);
  return payout;
}

const listRows = () =>
  feed.getTransactions().map(({ type, status, amount }) => `${type} ${status} ${amount.amount}`);
const RETURNED_PAYOUT = ['PAYOUT SUCCEEDED 1000', 'PAYOUT REFUNDED 1000'];

it.each([
  ['is not found', () => ({ status: 404, body: {} })],
  ['has an older state', (json: object) => ({ status: 200, body: json })],
])('a return whose transfer %s at first is served later', async (_name, respond) => {
  const payout = addPayout(clock.now() - 100 * DAY);
  await pull();
  const { body } = await fetchTransfer(payout.id);
  clock.advance(2 * HOUR);
  ledger.addBooking(payout, clock.now() - HOUR / 4, 'returned', { EUR: 1000n });
  const response = respond(body);
  fake.server.injectFault({ fault: { response }, path: `/btl/v4/transfers/${payout.id}`, times: 1 });
  await pull();
  expect(listRows()).toEqual(['PAYOUT SUCCEEDED 1000']);
  expect(warnings).toEqual([`missing-booking-${payout.events.at(-1)?.transactionId}`]);
  clock.advance(HOUR / 4);
  await pull();
  expect(listRows()).toEqual(RETURNED_PAYOUT);
  expect(warnings).toEqual([]);
});

it('a return of an old payout is served although its transfer contains it only after three days', async () => {
  const payout = addPayout(clock.now() - 100 * DAY);
  await pull();
  const { body } = await fetchTransfer(payout.id);
  clock.advance(2 * HOUR);
  ledger.addBooking(payout, clock.now() - HOUR / 4, 'returned', { EUR: 1000n });
  const fault = { response: { status: 200, body } };
  const countRequests = () => fake.server.requests.filter(({ path }) => path.endsWith(payout.id)).length;
  fake.server.injectFault({ fault, path: `/btl/v4/transfers/${payout.id}`, times: 9 });
  const before = countRequests();
  for (let listing = 0; listing < 9; listing += 1) {
    await pull();
    expect(listRows()).toEqual(['PAYOUT SUCCEEDED 1000']);
    expect(warnings).toEqual([`missing-booking-${payout.events.at(-1)?.transactionId}`]);
    clock.advance(8 * HOUR);
  }
  await pull();
  expect(listRows()).toEqual(RETURNED_PAYOUT);
  expect(warnings).toEqual([]);
  await pull();
  expect(countRequests() - before).toBe(10);
});

/** Removes the events of transfers from the lists, or from all responses. */
function removeEvents(from: 'lists' | 'all responses'): void {
  const remove = (row: object) => ({ ...row, events: undefined });
  fake.server.transformResponse = ({ path }, body) => {
    if (path.endsWith('/transfers')) return { data: (body as { data: object[] }).data.map(remove) };
    return from === 'all responses' && path.includes('/transfers/') ? remove(body as object) : body;
  };
}

it.each(['lists', 'all responses'] as const)(
  'a return counts once when %s contain no events at first, and when they contain none later',
  async (from) => {
    const payout = addPayout(clock.now() - 5 * DAY);
    ledger.addBooking(payout, clock.now() - DAY, 'returned', { EUR: 1000n });
    removeEvents(from);
    await pull();
    expect(listRows()).toEqual(RETURNED_PAYOUT);
    fake.server.transformResponse = undefined;
    clock.advance(7 * HOUR);
    await pull();
    expect(listRows()).toEqual(RETURNED_PAYOUT);
    removeEvents(from);
    clock.advance(7 * HOUR);
    await pull();
    expect(listRows()).toEqual(RETURNED_PAYOUT);
  },
);

it('a return counts once when its booking is listed after the status, which came without events', async () => {
  const payout = addPayout(clock.now() - 5 * DAY);
  ledger.addBooking(payout, clock.now() + HOUR / 4, 'returned', { EUR: 1000n });
  removeEvents('lists');
  await pull();
  clock.advance(HOUR / 2);
  await pull();
  await pull();
  expect(listRows()).toEqual(RETURNED_PAYOUT);
  expect(warnings).toEqual([]);
});

it('a return does not become the row of its payout when its event has the same booking date and comes first', async () => {
  const bookedAt = clock.now() - 4 * HOUR;
  const payout = addPayout(bookedAt);
  await pull();
  ledger.addBooking(payout, bookedAt, 'returned', { EUR: 1000n });
  clock.advance(7 * HOUR);
  await pull();
  expect(listRows()).toEqual(RETURNED_PAYOUT);
  payout.events.reverse();
  clock.advance(7 * HOUR);
  await pull();
  expect(listRows()).toEqual(RETURNED_PAYOUT);
});

async function fetchTransfer(id: string): Promise<{ body: object }> {
  const response = await fetch(`${fake.settings.url}/btl/v4/transfers/${id}`, {
    headers: { 'x-api-key': fake.settings.apiKey },
  });
  return { body: (await response.json()) as object };
}

it('an empty list of balances is an error, because each balance would be served as zero', async () => {
  expect(await connector.psp.balances?.(accountId)).toMatchObject({ accountId });
  fake.server.transformResponse = (_request, body) => ({ ...(body as object), balances: [] });
  await expect(connector.psp.balances?.(accountId)).rejects.toMatchObject({ kind: 'unavailable' });
});
