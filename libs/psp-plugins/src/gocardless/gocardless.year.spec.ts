/**
 * Tests that the rows of a simulated year add up to what GoCardless holds, although listings are interrupted, and that changes arrive by events.
 * GOCARDLESS_PAYMENTS sets the number of payments.
 */
import { encodeId, isRejectedRecord, serializeTransaction } from '@tributary/connector-api';
import { InMemoryFeed, ManualClock, openConnector } from '@tributary/connector-api/testing';
import { GocardlessFake } from './gocardless.fake.js';
import { gocardless } from './index.js';
import { SimulatedHistory } from './testing/simulate-history.js';

const PAYMENTS = Number(process.env['GOCARDLESS_PAYMENTS'] ?? 1500);
const DAYS = 365;
const DAY_MS = 86_400_000;
const LISTS_OF_NAMES = ['/mandates', '/customer_bank_accounts'];
const TEST_TIMEOUT_MS = 20 * 60_000;

it(
  `the rows of ${PAYMENTS} payments and their payouts add up, and so they do after chargebacks`,
  async () => {
    const clock = new ManualClock();
    const fake = await GocardlessFake.start(clock);
    // GoCardless lists the items of half a year. Here all of them, so that all rows can be added up.
    fake.itemsListedMs = Infinity;
    const history = new SimulatedHistory(fake, { payments: PAYMENTS, days: DAYS, end: clock.now() });
    const since = new Date(clock.now() - (DAYS + 5) * DAY_MS).toISOString().slice(0, 10);
    const feed = new InMemoryFeed();
    const connector = await openConnector(gocardless, { ...fake.settings, since }, { feed, clock });
    const warnings: string[] = [];
    let cursor: string | undefined;
    /** Reads until nothing is new, and stops every seventh page, as in a crash. */
    const pull = async () => {
      for (let pages = 7; pages === 7;) {
        pages = 0;
        for await (const page of connector.psp.transactions(cursor)) {
          feed.commitPage('transactions', page);
          warnings.push(...(page.warnings ?? []).map(({ message }) => message));
          cursor = page.cursor;
          pages += 1;
          if (pages === 7) break;
        }
      }
    };
    try {
      for await (const page of connector.psp.accounts()) feed.commitPage('accounts', page);
      await pull();
      expect([...feed.rejectedRecords.values()].filter(isRejectedRecord)).toEqual([]);
      expect(warnings).toEqual([]);
      expect(addUp(feed)).toEqual(withoutZeros(history.held));
      expect(countUnnamedPayments(feed)).toBe(0);
      const first = fake.server.requests.length;
      const names = fake.server.requests.filter(({ path }) => LISTS_OF_NAMES.includes(path)).length;
      const rows = feed.getTransactions().length;

      const charged = history.paidOut.slice(0, 40);
      clock.advance(3 * DAY_MS);
      for (const id of charged) fake.change('payments', id, 'charged_back', { status: 'charged_back' });
      const versions = await countVersions(feed, pull);
      expect(versions).toBe(charged.length);
      const latest = await feed.findLatest('transactions', charged);
      expect(new Set([...latest.values()].map(({ status }) => status))).toEqual(new Set(['SUCCEEDED']));
      console.info(
        `${rows} rows, ${first} requests, ${names} of them for names; after ${charged.length} changes ${fake.server.requests.length - first}`,
      );
    } finally {
      await connector.close();
      await fake.server.close();
    }
  },
  TEST_TIMEOUT_MS,
);

async function countVersions(feed: InMemoryFeed, pull: () => Promise<void>): Promise<number> {
  const count = () => feed.getVersions('transactions').reduce((sum, versions) => sum + versions.length, 0);
  const before = count();
  await pull();
  return count() - before;
}

function countUnnamedPayments(feed: InMemoryFeed): number {
  const names = feed.getTransactions().filter(({ id }) => /^PM\d+$/.test(id));
  return names.filter(({ metadata }) => metadata?.['com.tributary.spec/counterparty_name'] === undefined)
    .length;
}

/** Adds up the effects of all rows on the own accounts, as the gateway's check does. */
function addUp(feed: InMemoryFeed): Record<string, bigint> {
  const ids = new Map(feed.getRecords('accounts').map(({ id }) => [encodeId(id), id]));
  const sums = new Map<string, bigint>();
  for (const row of feed.getTransactions()) {
    for (const { accountId, asset, amount } of serializeTransaction(row).balanceChange?.effects ?? []) {
      const id = ids.get(accountId);
      if (id === undefined) continue;
      sums.set(`${id} ${asset}`, (sums.get(`${id} ${asset}`) ?? 0n) + amount);
    }
  }
  return withoutZeros(sums);
}

function withoutZeros(sums: ReadonlyMap<string, bigint>): Record<string, bigint> {
  return Object.fromEntries([...sums].filter(([, amount]) => amount !== 0n).sort());
}
