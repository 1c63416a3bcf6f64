import type { PlainRow } from './test-records.js';

/**
 * `same`: the store's own table with the unique indexes that the feed's guarantees depend on. `bare`: no key,
 * no index.
 */
export type TableKind = 'same' | 'bare';

/** A database without the store around it. */
export interface PlainDatabase {
  /** Inserts the rows in one transaction, which is durable when the promise resolves. */
  append(rows: readonly PlainRow[]): Promise<void>;
  /** @returns the number of rows from this time on, at most `count` */
  read(from: number, count: number): Promise<number>;
  close(): Promise<void>;
}
