/** Reads pages of feeds from PostgreSQL, and checks that a feed's number still belongs to the feed. */
import type { SerializedPage } from '@tributary/connector-api';
import type { FeedIdentity } from '../database-adapter.js';
import { isUniqueFeedId } from './unique-feed-id.js';

/**
 * Builds the statement that reads a page. Its parameters are the feed, the lower bound of the feed time, the number of rows to skip after
 * it, and the size of the page.
 * - The page is a range of sequence numbers, which have no gaps. With `limit`, the planner would plan the statement again for each page,
 *   because the plan depends on the limit. Planning takes longer than running the statement.
 * @param rows expression for the number of rows
 * @param furtherColumns columns that are returned before `rows` and `body`; each ends with a comma
 */
export function formatPostgresPageQuery(rows = 'count(*)', furtherColumns = ''): string {
  return `
with first as materialized (
  select seq + $3 as seq from feed_rows
   where feed_id = $1 and feed_time >= $2 order by feed_time limit 1
)
select ${furtherColumns} ${rows} as rows, '[' || coalesce(string_agg(body, ',' order by seq), '') || ']' as body
  from feed_rows
 where feed_id = $1 and seq >= (select seq from first) and seq < (select seq from first) + $4`;
}

/**
 * Reads a page of a feed that was found in a set of feeds before. If the set is another one now, the number of rows is NULL. The statement
 * reads the only row of `store_identity` without a condition and returns no further column, because both would take longer.
 */
const FEED_SET_PAGE_QUERY = formatPostgresPageQuery(
  'case when (select feed_set_id from store_identity) = $5 then count(*) end',
);
/**
 * Reads a page, and checks that the number of the feed still belongs to the feed. The result contains the id of the present set of feeds;
 * it is NULL if the number does not belong to the feed.
 */
const CHECKED_PAGE_QUERY = formatPostgresPageQuery(
  'count(*)',
  '(select feed_set_id from store_identity, feeds where feeds.id = $1 and connector = $5 and stream = $6 and store_id = $7 and epoch = $8) as feed_set_id,',
);

/** Reads a page of a feed whose number belongs to no other feed in any state of the store. */
const PAGE_QUERY_WITHOUT_CHECK = formatPostgresPageQuery();

/** For this time in ms after a check, rows of a feed with a unique number are served without another check. */
const CHECK_INTERVAL_MS = 100;

/** Runs the statements that read pages. */
interface StatementRunner {
  query<R>(text: string, values: readonly unknown[]): Promise<R[]>;
}

export class PostgresPageReader {
  /** The id of the set of feeds that the last check found, and the time of the check in milliseconds of a monotonic clock. */
  private lastCheck = { feedSetId: -1, at: -Infinity };

  /**
   * @param hasReplicas true if pages also come from replicas. Then each page is checked, because a replica can have another state than the
   * server of the last check, e.g. the rows that were lost when another replica was promoted
   * @param now returns milliseconds of a monotonic clock
   */
  constructor(
    private readonly runner: StatementRunner,
    private readonly hasReplicas: boolean,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Reads a page. If the set of feeds has changed since the last page of the feed, a second statement checks the feed itself.
   * @returns `undefined` when the number of the feed does not belong to the feed now
   */
  async read(
    feed: FeedIdentity,
    from: number,
    skipped: number,
    count: number,
  ): Promise<SerializedPage | undefined> {
    const position = [feed.id, from, skipped, count];
    if (this.isRecentlyChecked(feed)) {
      const [page] = await this.runner.query<SerializedPage>(PAGE_QUERY_WITHOUT_CHECK, position);
      // A page without rows does not show whether the feed still exists. So the end of a feed is sometimes read by two statements.
      if (page && page.rows > 0) return page;
    }
    // The check is as old as the statement, and the response of the server can take long.
    const checkedAt = this.now();
    const page = await this.readChecked(feed, position);
    if (page && feed.feedSetId !== undefined) this.lastCheck = { feedSetId: feed.feedSetId, at: checkedAt };
    return page;
  }

  private async readChecked(
    feed: FeedIdentity,
    position: readonly number[],
  ): Promise<SerializedPage | undefined> {
    const { connector, stream, storeId, epoch, feedSetId } = feed;
    if (feedSetId !== undefined) {
      const [page] = await this.runner.query<PageInFeedSet>(FEED_SET_PAGE_QUERY, [...position, feedSetId]);
      if (page && page.rows !== null) return page as SerializedPage;
    }
    const identity = [connector, stream, storeId, epoch];
    const [page] = await this.runner.query<CheckedPage>(CHECKED_PAGE_QUERY, [...position, ...identity]);
    if (!page || page.feed_set_id === null) return undefined;
    feed.recordFeedSetId(page.feed_set_id);
    return { rows: page.rows, body: page.body };
  }

  private isRecentlyChecked({ id, feedSetId }: FeedIdentity): boolean {
    const { lastCheck } = this;
    return (
      !this.hasReplicas &&
      feedSetId === lastCheck.feedSetId &&
      this.now() - lastCheck.at < CHECK_INTERVAL_MS &&
      isUniqueFeedId(id)
    );
  }
}

/** The result of `FEED_SET_PAGE_QUERY`. `rows` is NULL if the set of feeds has changed. */
type PageInFeedSet = Omit<SerializedPage, 'rows'> & { rows: number | null };

/** The result of `CHECKED_PAGE_QUERY`. `feed_set_id` is NULL if the number of the feed does not belong to the feed. */
type CheckedPage = SerializedPage & { feed_set_id: number | null };
