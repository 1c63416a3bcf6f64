/**
 * Interface to one kind of database. It contains everything in which SQLite and PostgreSQL differ; all other code of this library is
 * shared.
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
import type { StoreChangeRecord } from '../identity/store-change-record.js';
import type { DatabaseServerIdentity } from '../identity/database-server-identity.js';
import type { StoreIdentity } from '../identity/store-identity.js';
import type { FeedRowTable, FeedTable, Schema } from './schema.js';

/** Body of a transaction. It may run again after a serialization failure, so it must not have side effects outside the database. */
export type TransactionCallback<T> = (db: Kysely<Schema>, writeAtCommit: WriteAtCommit) => Promise<T>;

/**
 * Adds writes that the transaction runs in this sequence after its callback has returned, immediately before the commit. PostgreSQL gets them
 * together with the commit, so that they need no network round trip of their own. When one fails, the transaction is rolled back.
 */
export type WriteAtCommit = (...statements: readonly CompiledQuery[]) => void;

/**
 * Returns an SQL expression for the current time, in milliseconds since 1970. The database evaluates it, so one clock measures the leases of
 * all gateways.
 */
export type CurrentTimeExpression = () => RawBuilder<number>;

/**
 * Kinds of work that share the connections of a database fairly: the health check, orders, pages of feeds, requests of operators, and
 * everything else (pulls and balances). No kind can keep the others waiting. Operators never have more than one connection of a pool.
 */
export type ConnectionPurpose = 'health' | 'orders' | 'pages' | 'operator' | 'other';

/** One column of a table, and the schema of the database in which the table is. */
export interface TableColumn {
  schema: string;
  table: string;
  column: string;
}

/** What the database says on a new connection: the identity of the store and of the server. */
export interface ConnectionState {
  /** `undefined` when the database has no store. */
  identity: StoreIdentity | undefined;
  /** `undefined` when the database has no such identity or does not tell it. */
  server: DatabaseServerIdentity | undefined;
  /** Whether the server is a replica, or has not finished its start. */
  isInRecovery: boolean;
  /** Marks the store as damaged, with the reason. No process opens it until a person runs `tributary store restore`. */
  markLoss: (reason: string) => Promise<void>;
}

/** Which feed a page belongs to, in the store and epoch that this process opened. */
export interface FeedIdentity {
  readonly id: number;
  readonly connector: string;
  readonly stream: Stream;
  readonly storeId: string;
  readonly epoch: number;
}

export interface DatabaseAdapter {
  /** Records that the database under this process was replaced by another one. */
  readonly changes: StoreChangeRecord;
  readonly columnTypes: ColumnTypes;
  /** Reads outside of transactions. It sees all committed rows and no others. */
  readonly reader: Kysely<Schema>;
  /** SQL expression for the current time of the clock that all processes of the store share. Milliseconds since 1970. */
  readonly currentTime: RawBuilder<number>;
  /** SQL suffix of a `select` that locks the selected rows until the transaction ends. */
  readonly forUpdate: RawBuilder<unknown>;
  /** Returns the same database for one kind of work. Without it the work is of the kind `other`. */
  forPurpose(purpose: ConnectionPurpose): DatabaseAdapter;
  /** Runs a transaction that may be lost when the database's machine fails. For leases and reports. */
  transaction<T>(work: TransactionCallback<T>): Promise<T>;
  /** Runs a transaction that has reached the disk when it returns. For rows and cursors. */
  durableTransaction<T>(work: TransactionCallback<T>): Promise<T>;
  /**
   * Runs a transaction that changes tables. Only one process at a time can run such a transaction; the others wait without a time limit. Its
   * statements have no timeout either.
   */
  migrationTransaction<T>(work: TransactionCallback<T>): Promise<T>;
  /** Lists the columns of the tables with these names. Another program may have created a table. */
  listColumns(db: Kysely<Schema>, tables: readonly string[]): Promise<TableColumn[]>;
  /** Returns the identity of the database server; `undefined` when there is none or the user may not read it. */
  findServerIdentity(): Promise<DatabaseServerIdentity | undefined>;
  /**
   * Registers a check of each new connection to the primary. When the check throws, the connection is not used. When the check returns a
   * result that is not final, the connection is checked again before its next use.
   */
  onNewConnection(check: (readState: () => Promise<ConnectionState>) => Promise<{ isFinal: boolean }>): void;
  /** Checks the database files, where the database supports it. Reads all of them. @returns the first problem, or `undefined` */
  checkIntegrity(): Promise<string | undefined>;
  /**
   * Writes and deletes a row in the table of orders, and locks the other tables of an order as an order does. Must run inside a transaction of
   * this adapter.
   * @throws StoreUnavailableError when an order could not be stored
   */
  probeOrderTables(db: Kysely<Schema>): Promise<void>;
  /** Runs reads that all see the same state of the database. */
  readSnapshot<T>(work: TransactionCallback<T>): Promise<T>;
  /** Makes generated numbers continue after the largest one in the table. Needed after rows were inserted with explicit numbers. */
  resetIdentitySequence(db: Kysely<Schema>, table: keyof Schema, column: string): Promise<void>;
  /** Inserts rows in the fastest way of this database. Must run inside a transaction of this adapter. */
  insertRows(db: Kysely<Schema>, rows: readonly FeedRowTable[]): Promise<void>;
  /**
   * Inserts rows of one feed and updates the feed, at the latest with the commit. Must run inside a transaction of this adapter that has
   * locked the feed.
   */
  appendRows(
    db: Kysely<Schema>,
    writeAtCommit: WriteAtCommit,
    feedId: number,
    rows: readonly FeedRowTable[],
    changes: FeedUpdate,
  ): Promise<void>;
  /**
   * Builds a table of these rows, for `insert … select * from`. Its SQL does not depend on the number of rows, so that the database prepares it
   * once.
   */
  rowsTable(
    columns: readonly RowsTableColumn[],
    rows: readonly Readonly<Record<string, unknown>>[],
  ): RawBuilder<unknown>;
  /**
   * Builds a join that finds one row of a table for each row before it, through an index and in the sequence of these rows. So a `limit` ends
   * it early. PostgreSQL would otherwise read the whole table for each batch.
   * @param alias name of the row in the statement
   * @param columns columns of an index of the table, each with the column before it that it equals: `{ number: 'k.number' }`
   */
  lookupJoin(
    table: keyof Schema,
    alias: string,
    columns: Readonly<Record<string, string>>,
  ): RawBuilder<unknown>;
  /** Builds `column in (values)` with a single parameter for any number of values. */
  inArray(column: string, values: readonly (string | number)[]): RawBuilder<SqlBool>;
  /**
   * Returns `count` rows as a JSON array, starting `skipped` rows after the first one at or after the feed time `from`. The database
   * builds the array in one statement, which also checks the feed's binding. The result can be slightly stale, but it has no gaps.
   * @returns `undefined` when the number of the feed does not belong to it
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
  /** Compared and sorted by its bytes, independent of the database's locale. */
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
  /** Makes statements fail that write a value into the column. Rows that are written without the column are not checked. */
  rejectValues(db: Kysely<Schema>, table: string, column: string, message: string): Promise<void>;
  /** Combines feed id and sequence number into one integer key. Only for a database that stores tables sorted by such a key. */
  rowKey?: (feedId: Expression<unknown>, seq: Expression<unknown>) => RawBuilder<number>;
}
