/** What the contract's controllers ask of the connector they are mounted for. Injected under `BACKEND`. */
import type { Money } from '../money.js';
import type { OrderKind } from '../orders.js';
import type { Stream } from '../plugin.js';
import type { PageQuery } from './page-query.js';

export interface Backend {
  /** Rows, oldest first; past the end is `[]`. */
  page(stream: Stream, query: PageQuery): PageBody | Promise<PageBody>;
  /**
   * @param accountId as served, i.e. encoded
   * @returns a JSON object as the contract's `Balances`; `undefined` for an account that was never served
   * @throws PspError when the PSP cannot be asked and no balance was ever seen
   */
  balances(accountId: string): Promise<ServedBalances | undefined>;
  /** Which of these ids (as served) the list holds. */
  served(stream: Stream, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** The kinds of order that the plugin can make. */
  readonly pays: ReadonlySet<OrderKind>;
  /**
   * Takes an order, and answers within 8 s: what is not known by then is PENDING. The same key and request answer the same bytes for ever.
   * @returns a JSON object as the contract's `Payout` or `Transfer`
   * @throws ContractError 422 when the key was used for another request
   */
  pay(kind: OrderKind, request: OrderRequest): Promise<string>;
}

/** A checked request for an order. Ids as the client sent them, i.e. as served. */
export interface OrderRequest {
  idempotencyKey: string;
  amount: Money;
  sourceAccountId: string;
  destinationAccountId: string;
  description?: string;
  metadata: Readonly<Record<string, string>>;
}
/** A page as it goes over the wire. A page with as many rows as were asked for never changes. */
export interface PageBody {
  rows: number;
  /** JSON array: a string is cheaper to send once, a Buffer to send again and again. */
  body: string | Buffer;
}

export const BACKEND = Symbol('BACKEND');

/** Source: Generic Connector document, `Balances`. */
export interface ServedBalances {
  id: string;
  accountID: string;
  at: string;
  balances: { amount: string; currency: string }[];
}
