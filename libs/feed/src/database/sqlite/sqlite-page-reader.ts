/** Reads pages of feeds from SQLite, and checks that the number of a feed still belongs to it. */
import type { SerializedPage } from '@tributary/connector-api';
import type Database from 'better-sqlite3';
import type { FeedIdentity } from '../database-adapter.js';
import { prepareLazily } from './prepare-lazily.js';
import { SEQ_BITS } from './row-key.js';

/**
 * Builds a page. Its parameters are the feed, the lower bound of the feed time, the first row and the row after the last one (counted from this
 * bound), and the feed again. It bypasses the query builder, which costs more than the query itself (docs/decisions/0007-path-of-a-page-request.md).
 * - It is one statement, because every statement acquires and releases the file's locks.
 * - `not indexed` forces access by row key, so the rows are already sorted. Sorting would cost as much as reading.
 * - The upper bound keeps a page past the end from returning rows of the next feed.
 * - The result is a string: Buffers outside of the heap cost the garbage collector more than the encoding.
 * - `+` hides the parameters from the planner, which would otherwise plan again for each value.
 * - Parameters have no names, because the driver looks up each name.
 * - The driver binds every number as a double. Doubles cannot distinguish the row keys of feeds above 8191, so the query casts them.
 */
export const SQLITE_PAGE_QUERY = `
  with first (place) as (
    select place from feed_rows
     where feed_id = +? and feed_time >= ? + 0
     order by feed_time limit 1
  )
  select count(*) as rows, '[' || coalesce(group_concat(body, ','), '') || ']' as body
    from first cross join feed_rows as r not indexed
   where r.place >= first.place + cast(? as integer)
     and r.place < min(first.place + cast(? as integer), (? + 1) << ${SEQ_BITS})`;

const FEED_QUERY = `
  select 1 from feeds, store_identity
   where feeds.id = +? and connector = +? and stream = +? and store_id = +? and epoch = +?`;

export class SqlitePageReader {
  private readonly pageStatement: () => Database.Statement;
  private readonly feedStatement: () => Database.Statement;
  private readonly dataVersionStatement: () => Database.Statement;
  /**
   * The data version at which the number of each feed was last checked. The data version changes when another connection commits, so only the
   * first page after a commit pays for the check. A number that is wrong once never becomes right again, so a page that was read before the
   * check is right too.
   */
  private readonly checkedVersions = new WeakMap<FeedIdentity, unknown>();

  constructor(connection: Database.Database) {
    this.pageStatement = prepareLazily(connection, SQLITE_PAGE_QUERY);
    this.feedStatement = prepareLazily(connection, FEED_QUERY);
    this.dataVersionStatement = prepareLazily(connection, 'pragma data_version', true);
  }

  /** @returns `undefined` when the number of the feed does not belong to it */
  read(feed: FeedIdentity, from: number, skipped: number, count: number): SerializedPage | undefined {
    const page = this.pageStatement().get(feed.id, from, skipped, skipped + count, feed.id) as SerializedPage;
    return this.isSameFeed(feed) ? page : undefined;
  }

  private isSameFeed(feed: FeedIdentity): boolean {
    const version = this.dataVersionStatement().get();
    if (this.checkedVersions.get(feed) === version) return true;
    const { id, connector, stream, storeId, epoch } = feed;
    if (this.feedStatement().get(id, connector, stream, storeId, epoch) === undefined) return false;
    this.checkedVersions.set(feed, version);
    return true;
  }
}
