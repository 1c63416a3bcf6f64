/** Starts the fake with a clock and an empty feed, and pulls transactions into the feed. */
import { InMemoryFeed, ManualClock, openConnector } from '@tributary/connector-api/testing';
import { GocardlessFake } from '../gocardless.fake.js';
import { gocardless } from '../index.js';

const DAY_MS = 86_400_000;
/** The setting `since` of the connector: so many days ago. */
const LISTED_DAYS = 200;

export interface PullTest {
  fake: GocardlessFake;
  feed: InMemoryFeed;
  clock: ManualClock;
  /** Returns the time of so many days before the start of the test. */
  created_at: (days: number) => string;
}

export async function startFake(): Promise<PullTest> {
  const clock = new ManualClock();
  const start = clock.now();
  const fake = await GocardlessFake.start(clock);
  fake.tables.creditors.add({ id: 'CR1', created_at: new Date(start).toISOString(), name: 'Acme' });
  const created_at = (days: number) => new Date(start - days * DAY_MS).toISOString();
  return { clock, fake, feed: new InMemoryFeed(), created_at };
}

/** Pulls transactions into the feed, and stops after some pages, as in a crash. @returns the last cursor */
export async function pull(
  { fake, feed, clock }: Omit<PullTest, 'created_at'>,
  from?: string,
  maxPages = Infinity,
): Promise<string | undefined> {
  const since = new Date(clock.now() - LISTED_DAYS * DAY_MS).toISOString().slice(0, 10);
  const connector = await openConnector(gocardless, { ...fake.settings, since }, { feed, clock });
  let [cursor, pageCount] = [from, 0];
  for await (const page of connector.psp.transactions(cursor)) {
    feed.commitPage('transactions', page);
    cursor = page.cursor;
    pageCount += 1;
    if (pageCount === maxPages) break;
  }
  await connector.close();
  return cursor;
}
