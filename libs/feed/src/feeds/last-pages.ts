/**
 * Stores which page a client got as its last page (an "end marker"), so that the next page stays empty. Clients of v2 read page 1, 2, 3 …
 * with one filter until an empty page, and use the time of the last row as their watermark. If a client got a page that was not full, later
 * rows can fill this page. The next page starts after these rows. So the next page must be empty, or the client would skip these rows for
 * ever. The markers are in the store, because the client may request the next page from another gateway:
 * `docs/decisions/0009-last-pages-in-the-store.md`. Source: formancehq/payments before v3, `generic/task_fetch_transactions.go`.
 */
import { sql } from 'kysely';
import type { DatabaseAdapter, CurrentTimeExpression } from '../database/database-adapter.js';
import { timeFromNow } from '../database/time-from-now.js';
import { StaleStateError } from '../database/store-errors.js';
import type { OpenedFeed } from '../identity/opened-feed.js';

/**
 * How long a marker is valid, in ms. The time is long enough for a client, which waits up to ten seconds for a response and stores the rows
 * before it requests the next page.
 */
const PAGINATION_WINDOW_MS = 60_000;

/** Identifies the pages that one client reads with the same filter. */
interface PaginationKey {
  feed: OpenedFeed;
  /** Feed time in milliseconds since 1970. */
  from: number;
  pageSize: number;
}

/** Returns true when an earlier page has a valid end marker. */
export async function isPastLastPage(
  adapter: DatabaseAdapter,
  { feed, from, pageSize }: PaginationKey,
  page: number,
  clock: CurrentTimeExpression,
): Promise<boolean> {
  const end = await adapter.reader
    .selectFrom('last_pages')
    .select('page')
    .where('feed_id', '=', (eb) => eb.selectFrom('feeds').select('id').where(feed.isSameFeed))
    .where('from_time', '=', from)
    .where('page_size', '=', pageSize)
    .where('page', '<', page)
    .where('until', '>', clock())
    .limit(1)
    .executeTakeFirst();
  return end !== undefined;
}

/**
 * Records the end marker. The caller must await it before it sends the page. A marker ends only by its time: a later request may find the
 * page full, but the earlier client got the page with fewer rows.
 */
export async function recordLastPage(
  adapter: DatabaseAdapter,
  { feed, from, pageSize }: PaginationKey,
  page: number,
  clock: CurrentTimeExpression,
): Promise<void> {
  await feed.explainStaleState(() =>
    adapter.durableTransaction(async (db) => {
      await db
        .deleteFrom('last_pages')
        .where('feed_id', '=', feed.id)
        .where('until', '<=', clock())
        .execute();
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('last_pages')
        .columns(['feed_id', 'from_time', 'page_size', 'page', 'until'])
        .expression((eb) =>
          eb
            .selectFrom('feeds')
            .select([
              'feeds.id',
              sql<number>`cast(${from} as bigint)`.as('from_time'),
              sql<number>`cast(${pageSize} as bigint)`.as('page_size'),
              sql<number>`cast(${page} as bigint)`.as('page'),
              timeFromNow(clock, PAGINATION_WINDOW_MS).as('until'),
            ])
            .where(feed.isSameFeed),
        )
        .onConflict((conflict) =>
          conflict
            .columns(['feed_id', 'from_time', 'page_size', 'page'])
            .doUpdateSet((eb) => ({ until: eb.ref('excluded.until') })),
        )
        .executeTakeFirstOrThrow();
      if (numInsertedOrUpdatedRows === 0n) throw new StaleStateError('the feed of the page is gone');
    }),
  );
}
