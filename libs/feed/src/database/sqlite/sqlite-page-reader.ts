/** Reads pages of feeds from SQLite, and checks that a feed's number still belongs to the feed. */
import type { SerializedPage } from '@tributary/connector-api';
import type Database from 'better-sqlite3';
import type { FeedIdentity } from '../database-adapter.js';
import { prepareLazily } from './prepare-lazily.js';
import { SEQ_BITS } from './row-key.js';

/**
 * Builds the statement that reads a page. Its parameters are the feed, the lower bound of the feed time, the parameters of the further
 * columns, the first row, and the row after the last row. Both rows are counted from the lower bound. The statement does not use the query
 * builder, because building it would take longer than running it (docs/decisions/0007-path-of-a-page-request.md).
 * - One statement is used, because every statement acquires and releases the locks of the file.
 * - `not indexed` forces access by row key, so that the rows are already sorted. Sorting would take as long as reading.
 * - The upper bound prevents a page at the end of a feed from containing rows of the next feed.
 * - The result is a string, because Buffers outside of the heap need more time for garbage collection than a string needs for its encoding.
 * - The operator `+` hides the parameters from the planner, which would otherwise plan again for each value.
 * - The parameters have no names, because the driver would look up each name.
 * - The driver binds every number as a double. Doubles cannot distinguish the row keys of feeds above 8191, so the query casts the numbers
 *   to integers.
 * @param furtherColumns columns that are returned before `rows` and `body`; each ends with a comma
 */
export function formatSqlitePageQuery(furtherColumns = ''): string {
  return `
  with first (place) as (
    select place from feed_rows
     where feed_id = +? and feed_time >= ? + 0
     order by feed_time limit 1
  )
  select ${furtherColumns} count(*) as rows, '[' || coalesce(group_concat(body, ','), '') || ']' as body
    from first cross join feed_rows as r not indexed
   where r.place >= first.place + cast(? as integer)
     and r.place < min(first.place + cast(? as integer), ((first.place >> ${SEQ_BITS}) + 1) << ${SEQ_BITS})`;
}

/**
 * The table of the feeds that this process reads. It is in memory, and only this connection can see it. Looking up the identity of a feed
 * in this table takes less time than binding the identity as parameters of each page.
 */
const CREATE_READ_FEEDS = 'create temp table read_feeds (id integer primary key, identity text not null)';

/**
 * The SQL expression for the identity of a feed, as one text. The parts need no separators: no stream name is the beginning of another one,
 * and no stream name begins with a digit.
 */
const IDENTITY = 'store_identity.store_id || store_identity.epoch || feeds.stream || feeds.connector';

/**
 * The column `isSameFeed` is 1 if the number of the feed still belongs to the feed. The parameter of this SQL text is the number of the
 * feed.
 */
const CHECK_COLUMN = `
    (select read_feeds.identity = ${IDENTITY}
       from temp.read_feeds cross join feeds cross join store_identity
      where read_feeds.id = +? and feeds.id = read_feeds.id) as isSameFeed,`;

const FEED_QUERY = `
  select ${IDENTITY} from feeds, store_identity
   where feeds.id = +? and connector = +? and stream = +? and store_id = +? and epoch = +?`;

interface CheckedPage extends SerializedPage {
  isSameFeed: 0 | 1 | null;
}

export class SqlitePageReader {
  private readonly pageStatement: () => Database.Statement;
  private readonly feedStatement: () => Database.Statement;
  private readonly rememberStatement: () => Database.Statement;
  /** The feeds whose identity is in the table `read_feeds`, by their number. */
  private readonly rememberedFeeds = new Map<number, FeedIdentity>();

  constructor(connection: Database.Database) {
    connection.pragma('temp_store = memory');
    connection.exec(CREATE_READ_FEEDS);
    this.pageStatement = prepareLazily(connection, formatSqlitePageQuery(CHECK_COLUMN));
    this.feedStatement = prepareLazily(connection, FEED_QUERY, true);
    this.rememberStatement = prepareLazily(
      connection,
      'insert or replace into temp.read_feeds (id, identity) values (?, ?)',
    );
  }

  /**
   * Reads a page of a feed.
   * @returns `undefined` when the number of the feed does not belong to the feed now
   */
  read(feed: FeedIdentity, from: number, skipped: number, count: number): SerializedPage | undefined {
    const page = this.isRemembered(feed) ? this.readRemembered(feed.id, from, skipped, count) : undefined;
    // If a transaction on this connection was rolled back, the feed may be missing in the table. So the feed is added again before the
    // function returns `undefined`.
    return page ?? (this.remember(feed) ? this.readRemembered(feed.id, from, skipped, count) : undefined);
  }

  private readRemembered(
    id: number,
    from: number,
    skipped: number,
    count: number,
  ): SerializedPage | undefined {
    const page = this.pageStatement().get(id, from, id, skipped, skipped + count) as CheckedPage;
    return page.isSameFeed === 1 ? page : undefined;
  }

  private isRemembered(feed: FeedIdentity): boolean {
    return this.rememberedFeeds.get(feed.id) === feed;
  }

  /**
   * Adds the feed to the table `read_feeds`.
   * @returns true if the number belongs to the feed now
   */
  private remember(feed: FeedIdentity): boolean {
    const { id, connector, stream, storeId, epoch } = feed;
    const identity = this.feedStatement().get(id, connector, stream, storeId, epoch);
    if (identity === undefined) return false;
    this.rememberStatement().run(id, identity);
    this.rememberedFeeds.set(id, feed);
    return true;
  }
}
