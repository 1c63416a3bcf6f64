/** Everything in which one database differs from another, and nothing else: the rest of this room is written once. */
import type { PageBody } from '@tributary/connector-api';
import type {
  ColumnDataType,
  ColumnDefinitionBuilder,
  CreateTableBuilder,
  Expression,
  Kysely,
  RawBuilder,
  SqlBool,
} from 'kysely';
import type { FeedRowTable, FeedTable, Schema } from './schema.js';

/** Work of a transaction may run again when the database asks for it: it must not change anything outside. */
export type Work<T> = (db: Kysely<Schema>) => Promise<T>;

export interface Dialect {
  readonly types: ColumnTypes;
  /** Sees committed rows only, and all of them. */
  readonly reader: Kysely<Schema>;
  /** Milliseconds since 1970, by the one clock that all who share the store can see. */
  readonly time: RawBuilder<number>;
  /** Ends a `select`: until the transaction ends, nobody else changes the rows it found. */
  readonly forUpdate: RawBuilder<unknown>;
  /** A transaction that may be lost when the database's machine fails: leases, reports. */
  write<T>(work: Work<T>): Promise<T>;
  /** A transaction that has reached the disk when it returns: rows, cursors. */
  durably<T>(work: Work<T>): Promise<T>;
  /** A transaction that no other process's of this kind overlaps: changes of the tables. */
  exclusively<T>(work: Work<T>): Promise<T>;
  /** Whether there is such a table, for whoever may not create it. */
  hasTable(name: keyof Schema): Promise<boolean>;
  /** What is wrong with the files, where the database can be asked; reads all of them. */
  damage(): Promise<string | undefined>;
  /** Reads that all see the same moment. */
  snapshot<T>(work: Work<T>): Promise<T>;
  /** After rows were inserted with numbers of their own: the next generated one follows them. */
  continueIdentity(db: Kysely<Schema>, table: keyof Schema, column: string): Promise<void>;
  /** Inside a transaction of ours; the fastest way the database has. */
  insertRows(db: Kysely<Schema>, rows: readonly FeedRowTable[]): Promise<void>;
  /** Rows of one feed, and what changes at the feed with them. Inside a transaction of ours that has locked the feed. */
  appendRows(
    db: Kysely<Schema>,
    feedId: number,
    rows: readonly FeedRowTable[],
    changes: FeedChanges,
  ): Promise<void>;
  /** `column in (values)`, with one parameter however many there are. */
  isOneOf(column: string, values: readonly string[]): RawBuilder<SqlBool>;
  /**
   * `count` rows as a JSON array, after the first `skipped` at or after a feed time; joined by the database, in one statement.
   * They may be those of a moment ago, but never with a gap.
   */
  page(feedId: number, from: number, skipped: number, count: number): PageBody | Promise<PageBody>;
  close(): Promise<void>;
}

export type FeedChanges = Partial<Omit<FeedTable, 'id'>>;

/** How migrations spell a column and a table. */
export interface ColumnTypes {
  /** Compared and ordered by its bytes, whatever the language of the database. */
  text: ColumnDataType | Expression<unknown>;
  /** Up to 2^53: milliseconds, sequence numbers. */
  integer: ColumnDataType;
  identity: ColumnDataType;
  bytes: ColumnDataType;
  generated(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder;
  /** Keeps the rows in the order of the primary key, where the database can. */
  clustered<T extends string>(table: CreateTableBuilder<T, never>): CreateTableBuilder<T, never>;
  /** Where a row of a feed stands among the rows of all feeds, as one integer; only for a database that keeps tables in its order. */
  place?: (feedId: Expression<unknown>, seq: Expression<unknown>) => RawBuilder<number>;
}
