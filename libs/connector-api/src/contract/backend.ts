/** What the contract's controllers ask of the connector they are mounted for. Injected under `BACKEND`. */
import type { Stream } from '../plugin.js';

export interface Backend {
  /**
   * A JSON array of rows, oldest first, as bytes.
   * @param from rows whose feed time is at or after it, milliseconds; all rows without it
   * @param page counts from 1; past the end is `[]`
   */
  page(stream: Stream, from: number | undefined, page: number, pageSize: number): Promise<Buffer>;
  /**
   * @param accountId as served, i.e. encoded
   * @returns a JSON object as the contract's `Balances`; `undefined` for an account that was never served
   * @throws PspError when the PSP cannot be asked and no balance was ever seen
   */
  balances(accountId: string): Promise<ServedBalances | undefined>;
}
export const BACKEND = Symbol('BACKEND');

/** Source: Generic Connector document, `Balances`. */
export interface ServedBalances {
  id: string;
  accountID: string;
  at: string;
  balances: { amount: string; currency: string }[];
}
