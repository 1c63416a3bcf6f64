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
 * @param isSameFeed SQL condition. If it is false, the statement returns NULL as the number of rows
 */
export function formatSqlitePageQuery(id: string, isSameFeed?: string): string {
  const rows = isSameFeed === undefined ? 'count(*)' : `iif(${isSameFeed}, count(*), null)`;
  return `
  with first (place) as (
    select place from feed_rows
     where feed_id = ${id} and feed_time >= ? + 0
     order by feed_time limit 1
  )
  select ${rows} as rows, '[' || coalesce(group_concat(body, ','), '') || ']' as body
    from first cross join feed_rows as r not indexed
   where r.place >= first.place + cast(? as integer)
     and r.place < min(first.place + cast(? as integer), ((first.place >> ${SEQUENCE_NUMBER_BITS}) + 1) << ${SEQUENCE_NUMBER_BITS})`;
}

/**
 * Builds the SQL condition that the number of a feed still belongs to the feed. The values are part of the SQL text, because binding them as
 * parameters would take longer than the whole check. Because of `not indexed`, SQLite reads the only row of `store_identity` directly and does
 * not search the index of its key first.
 */
function formatFeedCheck({ id, connector, stream, storeId, epoch }: FeedIdentity): string {
  return `exists (
    select 1 from feeds cross join store_identity not indexed
     where feeds.id = ${formatInteger(id)} and feeds.connector = ${quote(connector)} and feeds.stream = ${quote(stream)}
       and store_identity.store_id = ${quote(storeId)} and store_identity.epoch = ${formatInteger(epoch)})`;
}

/** A statement that reads pages of one feed only. */
interface FeedStatement {
  feed: FeedIdentity;
  statement: Database.Statement;
}

export class SqlitePageReader {
  /** The prepared statements of the feeds, by the number of the feed. */
  private readonly statements = new Map<number, FeedStatement>();

  /** @param maxStatements maximum number of prepared statements that are kept */
  constructor(
    private readonly connection: Database.Database,
    private readonly maxStatements = MAX_STATEMENTS,
  ) {}

  /**
   * Reads a page of a feed.
   * @returns `undefined` when the number of the feed does not belong to the feed now
   */
  read(feed: FeedIdentity, from: number, skipped: number, count: number): SerializedPage | undefined {
    const known = this.statements.get(feed.id);
    const statement = known?.feed === feed ? known.statement : this.prepare(feed);
    const page = statement.get(from, skipped, skipped + count) as CheckedPage;
    return page.rows === null ? undefined : (page as SerializedPage);
  }

  /** Prepares the statement of a feed. When too many statements are kept, the function forgets the oldest statement. */
  private prepare(feed: FeedIdentity): Database.Statement {
    const statement = this.connection.prepare(
      formatSqlitePageQuery(formatInteger(feed.id), formatFeedCheck(feed)),
    );
    this.statements.delete(feed.id);
    const [oldestId] = this.statements.keys();
    if (oldestId !== undefined && this.statements.size >= this.maxStatements)
      this.statements.delete(oldestId);
    this.statements.set(feed.id, { feed, statement });
    return statement;
  }
}

/** The result of the statement. `rows` is NULL if the number of the feed does not belong to the feed. */
type CheckedPage = Omit<SerializedPage, 'rows'> & { rows: number | null };

/**
 * Formats an integer as an SQL literal.
 * @throws RangeError when the value is not an integer
 */
function formatInteger(value: number): string {
  return BigInt(value).toString();
}

/** Formats a text as an SQL literal. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
