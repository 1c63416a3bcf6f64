/**
 * The interface to one kind of database. It covers all differences between SQLite and PostgreSQL, so that all other code of this library is
 * the same for both databases.
 */
import type { SerializedPage, Stream } from '@tributary/connector-api';
import type {
  ColumnDataType,
  ColumnDefinitionBuilder,
  CompiledQuery,
  CreateTableBuilder,
  Expression,
  Kysely,
  RawBuilder,
  SqlBool,
} from 'kysely';
import type { StoreChangeGuard } from '../identity/store-change-guard.js';
import type { DatabaseServerIdentity } from '../identity/database-server-identity.js';
import type { StoreIdentity } from '../identity/store-identity.js';
import type { AccountSumTable, FeedRowTable, FeedTable, Schema } from './schema.js';

/**
 * The callback that runs inside a transaction. After a serialization failure the callback runs again, so it must not have side effects
 * outside of the database.
 */
export type TransactionCallback<T> = (db: Kysely<Schema>, writeAtCommit: WriteAtCommit) => Promise<T>;

/**
 * Adds writes to the end of a transaction. They are executed after the callback has returned, immediately before the commit. PostgreSQL
 * gets the writes together with the commit, so they need no separate network round trip. If a write fails, the transaction is rolled back.
 */
export type WriteAtCommit = (...statements: readonly CompiledQuery[]) => void;

/**
 * Returns an SQL expression for the current time, in milliseconds since 1970. The database evaluates the expression, so all gateways
 * measure their leases with the same clock.
 */
export type CurrentTimeExpression = () => RawBuilder<number>;

/**
 * The kind of work for which a connection is used: the health check, orders, pages of feeds, requests of operators, or all other work
 * (pulls and balances). The connections of a pool are shared so that no kind of work can block another. Operators never have more than one
 * connection of a pool.
 */
export type ConnectionPurpose = 'health' | 'orders' | 'pages' | 'operator' | 'other';

/** One column of a table, and the database schema that contains the table. */
export interface TableColumn {
  schema: string;
  table: string;
  column: string;
}

/** The identity of the store and of the server, as read on a new connection. */
export interface ConnectionState {
  /** `undefined` when the database contains no store. */
  identity: StoreIdentity | undefined;
  /** `undefined` when the database has no server identity or the user may not read it. */
  server: DatabaseServerIdentity | undefined;
  /** True if the server is a replica, or is still recovering after its start. */
  isInRecovery: boolean;
  /**
   * Marks the store as damaged, and stores the reason. Afterwards no process opens the store until a person runs `tributary store restore`.
   */
  markLoss: (reason: string) => Promise<void>;
}

/**
 * Identifies the feed to which a page belongs, in the store that this process opened. The epoch changes with every restore from a backup.
 */
export interface FeedIdentity {
  readonly id: number;
  readonly connector: string;
  readonly stream: Stream;
  readonly storeId: string;
  readonly epoch: number;
  /**
   * The id of the set of feeds in which a page statement last found this feed (`postgres/feed-set-id.ts`). It is `undefined` until then.
   */
  readonly feedSetId: number | undefined;
  recordFeedSetId(feedSetId: number): void;
}

export interface DatabaseAdapter {
  /** Records whether the database was replaced by another database while this process was running. */
  readonly changes: StoreChangeGuard;
  readonly columnTypes: ColumnTypes;
  /** The query builder for reads outside of transactions. It reads committed rows only. */
  readonly reader: Kysely<Schema>;
  /** An SQL expression for the current time, in milliseconds since 1970. All processes of the store share this clock. */
  readonly currentTime: RawBuilder<number>;
  /** An SQL suffix for a `select` that locks the selected rows until the transaction ends. */
  readonly forUpdate: RawBuilder<unknown>;
  /** Returns an adapter of the same database for one kind of work. An adapter that was not returned by this method has the kind `other`. */
  forPurpose(purpose: ConnectionPurpose): DatabaseAdapter;
  /** Runs a transaction that may be lost when the machine of the database fails. It is used for leases and reports. */
  transaction<T>(work: TransactionCallback<T>): Promise<T>;
  /** Runs a transaction, and returns after the commit has reached the disk. It is used for rows and cursors. */
  durableTransaction<T>(work: TransactionCallback<T>): Promise<T>;
  /**
   * Runs a transaction that changes tables. Only one process at a time can run such a transaction. Other processes wait without a time
   * limit, and the statements of the transaction have no timeout.
   */
  migrationTransaction<T>(work: TransactionCallback<T>): Promise<T>;
  /** Lists the columns of the tables that have these names. The result may contain a table that another program created. */
  listColumns(db: Kysely<Schema>, tables: readonly string[]): Promise<TableColumn[]>;
  /** Returns the identity of the database server. It is `undefined` when the database has none or the user may not read it. */
  findServerIdentity(): Promise<DatabaseServerIdentity | undefined>;
  /**
   * Registers a check of each new connection to the primary. If the check throws, the connection is not used. If the result of the check is
   * not final, the connection is checked again before its next use.
   */
  onNewConnection(check: (readState: () => Promise<ConnectionState>) => Promise<{ isFinal: boolean }>): void;
  /**
   * Reads and checks all database files, if the database supports such a check.
   * @returns the first problem, or `undefined`
   */
  checkIntegrity(): Promise<string | undefined>;
  /**
   * Checks that an order could be stored. The function writes and deletes a row in the table of orders, and locks the other tables that an
   * order uses. It must be called inside a transaction of this adapter.
   * @throws StoreUnavailableError when an order could not be stored now
   */
  probeOrderTables(db: Kysely<Schema>): Promise<void>;
  /** Runs several reads that all see the same state (snapshot) of the database. */
  readSnapshot<T>(work: TransactionCallback<T>): Promise<T>;
  /** Returns the number of a new feed. With `undefined`, the database chooses the number. */
  createFeedId(): number | undefined;
  /** The largest number that a feed can have in this database. */
  readonly maxFeedId: number;
  /**
   * Makes the numbers that the database chooses for feeds continue after the largest one. This is needed after feeds were inserted with
   * explicit numbers.
   */
  resetFeedIdSequence(db: Kysely<Schema>): Promise<void>;
  /** Inserts rows in the fastest way of this database. The function must be called inside a transaction of this adapter. */
  insertRows(db: Kysely<Schema>, rows: readonly FeedRowTable[]): Promise<void>;
  /**
   * Inserts rows of one feed, and updates the feed and the sums of its accounts, at the commit of the transaction or earlier. The function
   * must be called inside a transaction of this adapter that has locked the feed.
   * @param changes columns of the feed to update; there is at least one column if there are rows
   * @param totals the new sums of the accounts that the rows change
   */
  appendRows(
    db: Kysely<Schema>,
    writeAtCommit: WriteAtCommit,
    feedId: number,
    rows: readonly FeedRowTable[],
    changes: FeedUpdate,
    totals: readonly AccountTotalRow[],
  ): Promise<void>;
  /**
   * Builds a table of the given rows for use in `insert … select * from`. The SQL text does not depend on the number of rows, so the
   * database prepares the statement only once.
   */
  rowsTable(
    columns: readonly RowsTableColumn[],
    rows: readonly Readonly<Record<string, unknown>>[],
  ): RawBuilder<unknown>;
  /**
   * Builds a join that finds one row of a table for each row of the preceding table. The join uses an index and keeps the sequence of the
   * preceding rows, so a `limit` ends it early. With a normal join, PostgreSQL would read the whole table for each batch.
   * @param alias name of the row in the statement
   * @param columns columns of an index of the table, each with the preceding column to which it is equal: `{ number: 'k.number' }`
   */
  lookupJoin(
    table: keyof Schema,
    alias: string,
    columns: Readonly<Record<string, string>>,
  ): RawBuilder<unknown>;
  /** The name of the aggregate function that collects values into a JSON array. */
  readonly jsonArrayFunction: RawBuilder<unknown>;
  /** Builds the condition `column in (values)`. The SQL has a single parameter for any number of values. */
  inArray(column: string, values: readonly (string | number)[]): RawBuilder<SqlBool>;
  /**
   * Builds the text after the name of a table in `from` that makes SQLite use this index. Without statistics, SQLite expects only ten rows
   * for the first column of a primary key, and would read the many rows that have this value. PostgreSQL has statistics and needs no text.
   */
  useIndex(index: string): RawBuilder<unknown>;
  /**
   * Updates the statistics by which PostgreSQL chooses the plans of its statements, and so ends the use of plans that were made before.
   * SQLite has no statistics.
   */
  updateStatistics(tables: readonly (keyof Schema)[]): Promise<void>;
  /** The expression that sorts the rows of one feed by their sequence numbers, with the primary key of `feed_rows`. */
  readonly rowPosition: RawBuilder<number>;
  /**
   * Builds the condition that a row of `feed_rows` belongs to the feed and comes after the given sequence number. The condition uses the
   * primary key. The primary key of SQLite is not `(feed_id, seq)`, so with these columns SQLite would read and sort the whole feed.
   */
  isRowAfter(feedId: number, seq: number): RawBuilder<SqlBool>;
  /**
   * Returns `count` rows of a feed as a JSON array. The array starts `skipped` rows after the first row at or after the feed time `from`.
   * The database builds the array in one statement, which also checks that the number of the feed still belongs to this feed. The newest
   * rows may be missing, but there are no gaps.
   * @returns `undefined` when the number now belongs to another feed
   */
  readPage(
    feed: FeedIdentity,
    from: number,
    skipped: number,
    count: number,
  ): SerializedPage | undefined | Promise<SerializedPage | undefined>;
  close(): Promise<void>;
}

/** A column of `rowsTable`. */
export interface RowsTableColumn {
  name: string;
  type: 'text' | 'integer';
}

export type FeedUpdate = Partial<Omit<FeedTable, 'id' | 'summed_after' | 'paused_at'>>;

/** The sum of the rows of one account in one asset, and the columns of the check that change with a row. */
export type AccountTotalRow = Pick<AccountSumTable, 'account_id' | 'asset' | 'total' | 'after_suspect'>;

/** The definitions of columns and tables that migrations need. */
export interface ColumnTypes {
  /** A text that is compared and sorted by its bytes, and not by the rules of the database's locale. */
  text: ColumnDataType | Expression<unknown>;
  /** Integers up to 2^53, for milliseconds and sequence numbers. */
  integer: ColumnDataType;
  identity: ColumnDataType;
  bytes: ColumnDataType;
  generated(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder;
  /** Makes the database store the rows sorted by the primary key, if the database supports it. */
  clustered<T extends string>(table: CreateTableBuilder<T, never>): CreateTableBuilder<T, never>;
  /** Returns true when the table exists and has the column. */
  hasColumn(db: Kysely<Schema>, table: string, column: string): Promise<boolean>;
  /** Makes statements fail that write a value into the column. Statements that do not write the column are not affected. */
  rejectValues(db: Kysely<Schema>, table: string, column: string, message: string): Promise<void>;
  /**
   * Adds the column `store_identity.feed_set_id`, which identifies the set of feeds, and the triggers that keep it up to date.
   */
  addFeedSetId(db: Kysely<Schema>): Promise<void>;
  /**
   * Combines the id of a feed and a sequence number into one integer key. It exists only for a database that stores its tables sorted by
   * such a key.
   */
  rowKey?: (feedId: Expression<unknown>, seq: Expression<unknown>) => RawBuilder<number>;
}
