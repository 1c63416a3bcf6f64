/**
 * Interface to one kind of database. It covers all differences between SQLite and PostgreSQL; all other code of this library is the same
 * for both databases.
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
import type { StoreChangeRecord } from '../identity/store-change-guard.js';
import type { DatabaseServerIdentity } from '../identity/database-server-identity.js';
import type { StoreIdentity } from '../identity/store-identity.js';
import type { FeedRowTable, FeedTable, Schema } from './schema.js';

/** Body of a transaction. It may run again after a serialization failure, so it must not have side effects outside the database. */
export type TransactionCallback<T> = (db: Kysely<Schema>, writeAtCommit: WriteAtCommit) => Promise<T>;

/**
 * Adds writes to the transaction. The transaction runs them in this sequence after its callback has returned, immediately before the
 * commit. PostgreSQL gets the writes together with the commit, so they need no separate network round trip. When a write fails, the
 * transaction is rolled back.
 */
export type WriteAtCommit = (...statements: readonly CompiledQuery[]) => void;

/**
 * Returns an SQL expression for the current time, in milliseconds since 1970. The database evaluates it, so one clock measures the leases of
 * all gateways.
 */
export type CurrentTimeExpression = () => RawBuilder<number>;

/**
 * The kind of work for which a connection is used: the health check, orders, pages of feeds, requests of operators, or everything else
 * (pulls and balances). The connections of a pool are shared so that no kind of work can keep the others waiting. Operators never have more
 * than one connection of a pool.
 */
export type ConnectionPurpose = 'health' | 'orders' | 'pages' | 'operator' | 'other';

/** One column of a table, and the schema of the database in which the table is. */
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
  /** Whether the server is a replica, or is still recovering after its start. */
  isInRecovery: boolean;
  /**
   * Marks the store as damaged and stores the reason. After this, no process opens the store until a person runs `tributary store restore`.
   */
  markLoss: (reason: string) => Promise<void>;
}

/** The feed to which a page belongs, in the store and epoch that this process opened. */
export interface FeedIdentity {
  readonly id: number;
  readonly connector: string;
  readonly stream: Stream;
  readonly storeId: string;
  readonly epoch: number;
}

export interface DatabaseAdapter {
  /** Records that the database was replaced by another database while this process was running. */
  readonly changes: StoreChangeRecord;
  readonly columnTypes: ColumnTypes;
  /** Query builder for reads outside of transactions. It sees committed rows only. */
  readonly reader: Kysely<Schema>;
  /** SQL expression for the current time of the clock that all processes of the store share. Milliseconds since 1970. */
  readonly currentTime: RawBuilder<number>;
  /** SQL suffix for a `select`. It locks the selected rows until the transaction ends. */
  readonly forUpdate: RawBuilder<unknown>;
  /** Returns an adapter of the same database for one kind of work. The kind of an adapter without this call is `other`. */
  forPurpose(purpose: ConnectionPurpose): DatabaseAdapter;
  /** Runs a transaction that may be lost when the database's machine fails. Used for leases and reports. */
  transaction<T>(work: TransactionCallback<T>): Promise<T>;
  /** Runs a transaction, and returns after the commit has reached the disk. Used for rows and cursors. */
  durableTransaction<T>(work: TransactionCallback<T>): Promise<T>;
  /**
   * Runs a transaction that changes tables. Only one process at a time can run such a transaction; other processes wait without a time
   * limit. The statements of the transaction have no timeout.
   */
  migrationTransaction<T>(work: TransactionCallback<T>): Promise<T>;
  /** Lists the columns of the tables with these names. The result may contain a table that another program created. */
  listColumns(db: Kysely<Schema>, tables: readonly string[]): Promise<TableColumn[]>;
  /** Returns the identity of the database server; `undefined` when the database has none or the user may not read it. */
  findServerIdentity(): Promise<DatabaseServerIdentity | undefined>;
  /**
   * Registers a check of each new connection to the primary. When the check throws, the connection is not used. When the result of the
   * check is not final, the connection is checked again before its next use.
   */
  onNewConnection(check: (readState: () => Promise<ConnectionState>) => Promise<{ isFinal: boolean }>): void;
  /** Reads and checks all database files, where the database supports such a check. @returns the first problem, or `undefined` */
  checkIntegrity(): Promise<string | undefined>;
  /**
   * Writes and deletes a row in the table of orders, and locks the other tables that an order uses. Must run inside a transaction of this
   * adapter.
   * @throws StoreUnavailableError when an order could not be stored at present
   */
  probeOrderTables(db: Kysely<Schema>): Promise<void>;
  /** Runs several reads on the same state (snapshot) of the database. */
  readSnapshot<T>(work: TransactionCallback<T>): Promise<T>;
  /** Makes generated numbers continue after the largest number in the table. Needed after rows were inserted with explicit numbers. */
  resetIdentitySequence(db: Kysely<Schema>, table: keyof Schema, column: string): Promise<void>;
  /** Inserts rows in the fastest way that this database offers. Must run inside a transaction of this adapter. */
  insertRows(db: Kysely<Schema>, rows: readonly FeedRowTable[]): Promise<void>;
  /**
   * Inserts rows of one feed and updates the feed. Both are done when the transaction commits, or earlier. Must run inside a transaction of
   * this adapter that has locked the feed.
   */
  appendRows(
    db: Kysely<Schema>,
    writeAtCommit: WriteAtCommit,
    feedId: number,
    rows: readonly FeedRowTable[],
    changes: FeedUpdate,
  ): Promise<void>;
  /**
   * Builds a table of these rows for `insert … select * from`. The SQL text does not depend on the number of rows, so the database prepares
   * it only once.
   */
  rowsTable(
    columns: readonly RowsTableColumn[],
    rows: readonly Readonly<Record<string, unknown>>[],
  ): RawBuilder<unknown>;
  /**
   * Builds a join that finds one row of a table for each preceding row, through an index and in the sequence of the preceding rows. So a
   * `limit` ends the join early. Without it, PostgreSQL would read the whole table for each batch.
   * @param alias name of the row in the statement
   * @param columns columns of an index of the table, each with the preceding column to which it is equal: `{ number: 'k.number' }`
   */
  lookupJoin(
    table: keyof Schema,
    alias: string,
    columns: Readonly<Record<string, string>>,
  ): RawBuilder<unknown>;
  /** Builds `column in (values)`. The SQL has a single parameter for any number of values. */
  inArray(column: string, values: readonly (string | number)[]): RawBuilder<SqlBool>;
  /**
   * Returns `count` rows as a JSON array. The array starts `skipped` rows after the first row at or after the feed time `from`. The
   * database builds it in one statement, which also checks that the feed's number still belongs to this feed. The result can be slightly
   * stale, but it has no gaps.
   * @returns `undefined` when the number belongs to another feed now
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

/** Column and table definitions for migrations. */
export interface ColumnTypes {
  /** A text that is compared and sorted by its bytes, independent of the database's locale. */
  text: ColumnDataType | Expression<unknown>;
  /** Integers up to 2^53: milliseconds, sequence numbers. */
  integer: ColumnDataType;
  identity: ColumnDataType;
  bytes: ColumnDataType;
  generated(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder;
  /** Stores the rows sorted by primary key, where the database supports it. */
  clustered<T extends string>(table: CreateTableBuilder<T, never>): CreateTableBuilder<T, never>;
  /** Returns true when the table exists and has the column. */
  hasColumn(db: Kysely<Schema>, table: string, column: string): Promise<boolean>;
  /** Makes statements fail that write a value into the column. Statements that do not write the column are not checked. */
  rejectValues(db: Kysely<Schema>, table: string, column: string, message: string): Promise<void>;
  /** Combines feed id and sequence number into one integer key. Only for a database that stores its tables sorted by such a key. */
  rowKey?: (feedId: Expression<unknown>, seq: Expression<unknown>) => RawBuilder<number>;
}
