/** Tests how often a page statement checks that the number of a feed still belongs to the feed. */
import type { FeedIdentity } from '../database-adapter.js';
import { PostgresPageReader } from './postgres-page-reader.js';
import { createUniqueFeedId, MIN_UNIQUE_FEED_ID } from './unique-feed-id.js';

const PAGE = { rows: 1, body: '[{}]' };

/** A database with one set of feeds. It records which statements check the set. */
class FakeDatabase {
  feedSetId = 5;
  nowMs = 0;
  responseMs = 0;
  checks: boolean[] = [];
  rows = 1;

  async query<R>(text: string): Promise<R[]> {
    this.checks.push(text.includes('feed_set_id'));
    this.nowMs += this.responseMs;
    return [{ ...PAGE, rows: this.rows, feed_set_id: this.feedSetId } as R];
  }
}

function createFeed(id: number): FeedIdentity {
  const feed = {
    ...{ id, connector: 'bank', stream: 'transactions' as const, storeId: 's', epoch: 1 },
    feedSetId: undefined as number | undefined,
    recordFeedSetId: (feedSetId: number) => void (feed.feedSetId = feedSetId),
  };
  return feed;
}

let database: FakeDatabase;
let reader: PostgresPageReader;

beforeEach(() => {
  database = new FakeDatabase();
  reader = new PostgresPageReader(database, false, () => database.nowMs);
});

const readAt = async (nowMs: number, feed: FeedIdentity) => {
  database.nowMs = nowMs;
  database.checks = [];
  expect(await reader.read(feed, 0, 0, 10)).toMatchObject({ rows: database.rows });
  return database.checks;
};

it('a feed with a unique number is checked at its first page, and again after 100 ms', async () => {
  const feed = createFeed(MIN_UNIQUE_FEED_ID);
  expect(await readAt(0, feed)).toEqual([true]);
  expect(await readAt(99, feed)).toEqual([false]);
  expect(await readAt(100, feed)).toEqual([true]);
  expect(await readAt(150, feed)).toEqual([false]);
});

it('the time of a check is the time at which its statement was sent', async () => {
  const feed = createFeed(MIN_UNIQUE_FEED_ID);
  database.responseMs = 90;
  await readAt(0, feed);
  expect(await readAt(95, feed)).toEqual([false]);
  expect(await readAt(105, feed)).toEqual([true]);
});

it('a feed whose number a sequence has given is checked at each page', async () => {
  const feed = createFeed(MIN_UNIQUE_FEED_ID - 1);
  for (let page = 0; page < 3; page++) expect(await readAt(page, feed)).toEqual([true]);
});

it('a check of one feed is valid for the feeds that were found in the same set only', async () => {
  const [feed, other] = [createFeed(MIN_UNIQUE_FEED_ID), createFeed(MIN_UNIQUE_FEED_ID + 1)];
  await readAt(0, feed);
  database.feedSetId = 6;
  expect(await readAt(1, other)).toEqual([true]);
  expect(await readAt(2, other)).toEqual([false]);
  expect(await readAt(3, feed)).toEqual([true]);
});

it('each page is checked if pages also come from replicas', async () => {
  reader = new PostgresPageReader(database, true, () => database.nowMs);
  const feed = createFeed(MIN_UNIQUE_FEED_ID);
  for (let page = 0; page < 3; page++) expect(await readAt(page, feed)).toEqual([true]);
});

it('a page without rows is checked at once', async () => {
  const feed = createFeed(MIN_UNIQUE_FEED_ID);
  await readAt(0, feed);
  database.rows = 0;
  expect(await readAt(1, feed)).toEqual([false, true]);
});

it('a unique number is an exact JavaScript number, and differs from the numbers of a sequence', () => {
  const ids = Array.from({ length: 1000 }, createUniqueFeedId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(Number.isSafeInteger(id) && id >= MIN_UNIQUE_FEED_ID).toBe(true);
});
