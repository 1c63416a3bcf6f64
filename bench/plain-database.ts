import type { PlainRow } from './test-records.js';

/**
 * The kind of table. `same`: the same table as in the gateway, with the unique indexes on which the feed's guarantees depend. `bare`: a
 * table without a key and without an index.
 */
export type TableKind = 'same' | 'bare';

/** A database that is used directly, without the library `feed`. */
export interface PlainDatabase {
  /** Inserts the rows in one transaction. The transaction is durable when the promise resolves. */
  append(rows: readonly PlainRow[]): Promise<void>;
  /**
   * Reads at most `count` rows from a time on.
   * @returns the number of rows that were read
   */
  read(from: number, count: number): Promise<number>;
  close(): Promise<void>;
}
