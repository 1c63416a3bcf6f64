/** Reads pages of feeds from SQLite, and checks that a feed's number still belongs to the feed. */
import type { SerializedPage } from '@tributary/connector-api';
import type Database from 'better-sqlite3';
import type { FeedIdentity } from '../database-adapter.js';
import { SEQUENCE_NUMBER_BITS } from './row-key.js';

/** Maximum number of prepared statements that are kept. Each statement takes about 14 KB of memory. */
const MAX_STATEMENTS = 1_000;

/**
 * Builds the statement that reads a page. Its parameters are the parameter of `id` (if any), the lower bound of the feed time, the first row,
 * and the row after the last row. Both rows are counted from the lower bound. The statement does not use the query builder, because building
 * it would take longer than running it (docs/decisions/0007-path-of-a-page-request.md).
 * - One statement is used, because every statement acquires and releases the locks of the file.
 * - `not indexed` forces access by row key, so that the rows are already sorted. Sorting would take as long as reading.
 * - The upper bound prevents a page at the end of a feed from containing rows of the next feed.
 * - The result is a string, because Buffers outside of the heap need more time for garbage collection than a string needs for its encoding.
 * - The parameters have no names, because the driver would look up each name.
 * - The driver binds every number as a double. Doubles cannot distinguish the row keys of feeds above 8191, so the query casts the numbers
 *   to integers.
 * - The expression `? + 0` hides a parameter from the planner, which would otherwise plan again for each value.
 * @param id SQL expression for the number of the feed
 * @param rows SQL expression for the number of rows
 * @param furtherColumns columns that are returned after `rows` and `body`; each begins with a comma
 */
export function formatSqlitePageQuery(id: string, rows = 'count(*)', furtherColumns = ''): string {
  return `
  with first (place) as (
    select place from feed_rows
     where feed_id = ${id} and feed_time >= ? + 0
     order by feed_time limit 1
  )
  select ${rows} as rows, '[' || coalesce(group_concat(body, ','), '') || ']' as body${furtherColumns}
    from first cross join feed_rows as r not indexed
   where r.place >= first.place + cast(? as integer)
     and r.place < min(first.place + cast(? as integer), ((first.place >> ${SEQUENCE_NUMBER_BITS}) + 1) << ${SEQUENCE_NUMBER_BITS})`;
}

/**
 * Builds the statement that reads a page of a feed that was found in a set of feeds before. If the set is another one now, the number of rows
 * is NULL. The values are part of the SQL text, because binding them as parameters would take longer than the whole check. Because of
 * `not indexed`, SQLite reads the only row of `store_identity` directly and does not search the index of its key first.
 */
function formatQueryInFeedSet(id: number, feedSetId: number): string {
  const isSameSet = `(select feed_set_id from store_identity not indexed) = ${formatInteger(feedSetId)}`;
  return formatSqlitePageQuery(formatInteger(id), `iif(${isSameSet}, count(*), null)`);
}

/**
 * Reads a page, and checks that the number of the feed still belongs to the feed. The result contains the id of the present set of feeds;
 * it is NULL if the number does not belong to the feed.
 */
const CHECKED_PAGE_QUERY = formatSqlitePageQuery(
  '+?',
  'count(*)',
  `, (select feed_set_id from feeds cross join store_identity
       where feeds.id = ? and connector = ? and stream = ? and store_id = ? and epoch = ?) as feed_set_id`,
);

/** A statement that reads pages of one feed in one set of feeds only. */
interface FeedStatement {
  feed: FeedIdentity;
  statement: Database.Statement;
}

export class SqlitePageReader {
  /** The prepared statements of the feeds, by the number of the feed. */
  private readonly statements = new Map<number, FeedStatement>();
  private checkedStatement: Database.Statement | undefined;

  /** @param maxStatements maximum number of prepared statements that are kept */
  constructor(
    private readonly connection: Database.Database,
    private readonly maxStatements = MAX_STATEMENTS,
  ) {}

  /**
   * Reads a page of a feed. If the set of feeds has changed since the last page of the feed, a second statement checks the feed itself.
   * @returns `undefined` when the number of the feed does not belong to the feed now
   */
  read(feed: FeedIdentity, from: number, skipped: number, count: number): SerializedPage | undefined {
    const known = this.statements.get(feed.id);
    if (known?.feed === feed) {
      const page = known.statement.get(from, skipped, skipped + count) as PageInFeedSet;
      if (page.rows !== null) return page as SerializedPage;
    }
    return this.readChecked(feed, from, skipped, count);
  }

  private readChecked(feed: FeedIdentity, from: number, skipped: number, count: number) {
    const { id, connector, stream, storeId, epoch } = feed;
    this.checkedStatement ??= this.connection.prepare(CHECKED_PAGE_QUERY);
    const identity = [id, connector, stream, storeId, epoch];
    const { rows, body, feed_set_id } = this.checkedStatement.get(
      ...[id, from, ...identity, skipped, skipped + count],
    ) as CheckedPage;
    if (feed_set_id === null) return undefined;
    this.prepare(feed, feed_set_id);
    return { rows, body };
  }

  /** Prepares the statement of a feed. When too many statements are kept, the function forgets the oldest statement. */
  private prepare(feed: FeedIdentity, feedSetId: number): void {
    const statement = this.connection.prepare(formatQueryInFeedSet(feed.id, feedSetId));
    this.statements.delete(feed.id);
    const [oldestId] = this.statements.keys();
    if (oldestId !== undefined && this.statements.size >= this.maxStatements)
      this.statements.delete(oldestId);
    this.statements.set(feed.id, { feed, statement });
  }
}

/** `rows` is NULL if the set of feeds has changed. */
type PageInFeedSet = Omit<SerializedPage, 'rows'> & { rows: number | null };

/** `feed_set_id` is NULL if the number of the feed does not belong to the feed. */
type CheckedPage = SerializedPage & { feed_set_id: number | null };

/**
 * Formats an integer as an SQL literal.
 * @throws RangeError when the value is not an integer
 */
function formatInteger(value: number): string {
  return BigInt(value).toString();
}
