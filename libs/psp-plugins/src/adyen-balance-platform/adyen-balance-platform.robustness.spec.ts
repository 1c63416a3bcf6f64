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
