import type { PlainRow } from './records.js';

/** `same`: the store's own table, whose unique indexes are what keeps its promises. `bare`: no key, no index. */
export type TableKind = 'same' | 'bare';

/** A database without a store. */
export interface Plain {
  /** One transaction, durable when it returns. */
  append(rows: readonly PlainRow[]): Promise<void>;
  /** @returns how many rows there are from this time on, `count` at most */
  read(from: number, count: number): Promise<number>;
  close(): Promise<void>;
}
