/** Reads pages of feeds from SQLite, and checks that a feed's number still belongs to the feed. */
import type { SerializedPage } from '@tributary/connector-api';
import type Database from 'better-sqlite3';
import type { FeedIdentity } from '../database-adapter.js';
import { prepareLazily } from './prepare-lazily.js';
import { SEQ_BITS } from './row-key.js';

/**
 * Builds the statement that reads a page. Its parameters are the feed, the lower bound of the feed time, those of the further columns, and the
 * first row and the row after the last one (counted from the lower bound). It bypasses the query builder, which costs more than the query
 * itself (docs/decisions/0007-path-of-a-page-request.md).
 * - It is one statement, because every statement acquires and releases the file's locks.
 * - `not indexed` forces access by row key, so the rows are already sorted. Sorting would cost as much as reading.
 * - The upper bound keeps a page past the end from returning rows of the next feed.
 * - The result is a string: Buffers outside of the heap cost the garbage collector more than the encoding.
 * - `+` hides the parameters from the planner, which would otherwise plan again for each value.
 * - Parameters have no names, because the driver looks up each name.
 * - The driver binds every number as a double. Doubles cannot distinguish the row keys of feeds above 8191, so the query casts them.
 * @param furtherColumns columns that are returned before `rows` and `body`; each one ends with a comma
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
 * The feeds that this process reads, in memory and visible to this connection only. To bind what identifies a feed with each page would take
 * longer than to look it up here.
 */
const CREATE_READ_FEEDS = 'create temp table read_feeds (id integer primary key, identity text not null)';

/**
 * What identifies a feed, as one text. The parts need no separators: no stream is the beginning of another one, and none begins with a digit.
 */
const IDENTITY = 'store_identity.store_id || store_identity.epoch || feeds.stream || feeds.connector';

/** The column `isSameFeed`: 1 when the number of the feed still belongs to it. Its parameter is the feed. */
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
  /** The feed whose identity the table `read_feeds` holds, by its number. */
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

  /** @returns `undefined` when the number of the feed does not belong to it */
  read(feed: FeedIdentity, from: number, skipped: number, count: number): SerializedPage | undefined {
    const page = this.isRemembered(feed) ? this.readRemembered(feed.id, from, skipped, count) : undefined;
    // A transaction on this connection that was rolled back may have removed the feed from the table, so it is looked up before it is missed.
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

  /** @returns whether the number belongs to the feed now */
  private remember(feed: FeedIdentity): boolean {
    const { id, connector, stream, storeId, epoch } = feed;
    const identity = this.feedStatement().get(id, connector, stream, storeId, epoch);
    if (identity === undefined) return false;
    this.rememberStatement().run(id, identity);
    this.rememberedFeeds.set(id, feed);
    return true;
  }
}
