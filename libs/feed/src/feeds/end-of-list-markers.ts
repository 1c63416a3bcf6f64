/**
 * Stores which page a client got as the end of its list (an "end marker"), so that the next page stays empty. Clients of Formance Payments
 * v2 read page 1, 2, 3 … with one filter until an empty page. Then they use the time of the last row as their watermark. If a client got a
 * page that was not full, later rows can fill this page, and the next page would start after these rows. The client would skip these rows
 * for ever, so the next page must be empty. The markers are in the store, because the client may request the next page from another
 * gateway: `docs/decisions/0009-last-pages-in-the-store.md`. Source: formancehq/payments before v3, `generic/task_fetch_transactions.go`.
 */
import { sql } from 'kysely';
import type { DatabaseAdapter, CurrentTimeExpression } from '../database/database-adapter.js';
import { buildSqlTimeFromNow } from '../database/build-sql-time.js';
import { StaleStateError } from '../database/store-errors.js';
import type { OpenedFeed } from '../identity/opened-feed.js';

/**
 * Time in ms for which a marker is valid. A client waits up to ten seconds for a response and stores the rows before it requests the next
 * page, so a minute is long enough.
 */
const PAGINATION_WINDOW_MS = 60_000;

/** Identifies the pages that a client reads with the same filter. */
interface PaginationKey {
  feed: OpenedFeed;
  /** The feed time from which the list begins, in milliseconds since 1970. */
  from: number;
  pageSize: number;
}

/** Returns true if an earlier page of the list has a valid end marker. */
export async function isPastEndOfList(
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
 * Stores an end marker. The caller must wait for this before it sends the page. A marker ends only when its time is over: even if a later
 * request finds the page full, the earlier client got the page with fewer rows.
 */
export async function recordEndOfList(
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
              buildSqlTimeFromNow(clock, PAGINATION_WINDOW_MS).as('until'),
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
