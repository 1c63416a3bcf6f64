import type { PlainRow } from './test-records.js';

/** `same`: the store's own table with the unique indexes on which the feed's guarantees depend. `bare`: no key and no index. */
export type TableKind = 'same' | 'bare';

/** A database that is used directly, without the store. */
export interface PlainDatabase {
  /** Inserts the rows in one transaction. When the promise resolves, the transaction is durable. */
  append(rows: readonly PlainRow[]): Promise<void>;
  /** @returns the number of rows from this time on, at most `count` */
  read(from: number, count: number): Promise<number>;
  close(): Promise<void>;
}
