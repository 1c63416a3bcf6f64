/** The interface between the contract's controllers and the connector that they serve. */
import type { Money } from '../money.js';
import type { OrderKind } from '../order.types.js';
import type { Stream } from '../plugin.js';
import type { PageQuery } from './parse-page-query.js';

/** The data and operations of one connector that the contract's controllers use. Nest injects it under the token `BACKEND`. */
export interface Backend {
  /**
   * Returns one page of a stream, oldest row first. A page after the end is `[]`. The result is a promise only if the store is
   * asynchronous.
   * @param authorization the request's `Authorization` header, which identifies the reader
   */
  getPage(stream: Stream, query: PageQuery, authorization?: string): SerializedPage | Promise<SerializedPage>;
  /**
   * Returns the balances of an account. Their time `at` depends on the earlier responses to the same reader, see
   * docs/decisions/0015-times-of-balances.md.
   * @param accountId the id as served to clients, i.e. encoded
   * @param authorization the request's `Authorization` header, which identifies the reader
   * @returns a JSON object with the contract's type `Balances`; `undefined` for an account that was never served
   * @throws PspError if the PSP cannot be reached and no balance is stored
   */
  getBalances(accountId: string, authorization?: string): Promise<ServedBalances | undefined>;
  /**
   * Returns at most `limit` rows of a stream, beginning after a sequence number. Programs that copy a feed use it.
   * @param afterSequence 0 to begin with the first row
   */
  readFeedRows(stream: Stream, afterSequence: number, limit: number): Promise<FeedRows>;
  /**
   * Waits until the stream has a row after this sequence number. The promise is resolved earlier after `timeoutMs`, when the signal is
   * aborted, or when the gateway stops.
   */
  waitForFeedRow(
    stream: Stream,
    afterSequence: number,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<void>;
  /** Whether the gateway is stopping, so that open responses must end. */
  readonly isStopping: boolean;
  /** Returns those of the given ids that the stream contains. All ids are ids as served to clients. */
  findServedIds(stream: Stream, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** The kinds of order that the plugin can execute. */
  readonly supportedOrderKinds: ReadonlySet<OrderKind>;
  /**
   * Submits an order and returns within 8 s. If the result is not known after this time, the status in the response is PENDING. A repeated
   * request with the same idempotency key always gets the same bytes.
   * @returns a JSON object with the contract's type `Payout` or `Transfer`
   * @throws ContractError 422 if the key was used for another request
   */
  submitOrder(kind: OrderKind, request: OrderRequest): Promise<string>;
}

/** A validated request for an order. It contains the ids that the client sent, i.e. ids as served to clients. */
export interface OrderRequest {
  idempotencyKey: string;
  amount: Money;
  /** The asset as the client wrote it, if feeds use another form: `JPY/0` for `JPY`. The response and the rows contain this form. */
  requestedAsset?: string;
  sourceAccountId: string;
  destinationAccountId: string;
  description?: string;
  metadata: Readonly<Record<string, string>>;
}
/** A page as it is sent to the client. A full page has as many rows as the client requested. The content of a full page never changes. */
export interface SerializedPage {
  /** The number of rows in the page. */
  rows: number;
  /** The JSON array. A string is faster for a page that is sent once; a Buffer is faster for a page that is cached and sent many times. */
  body: string | Buffer;
}

/** Rows of a feed, in the sequence in which they became visible. */
export interface FeedRows {
  /**
   * A number that increases when the store is restored from a backup. After a restore, the same sequence number can belong to another row.
   */
  epoch: number;
  /** The sequence number of the last row of the feed. It is present only if `rows` is empty. */
  lastSequence?: number;
  rows: readonly NumberedRow[];
}

/** One row of a feed: a version of a record. */
export interface NumberedRow {
  /** The sequence number of the row, from 1 and without gaps. */
  sequence: number;
  /** The time by which the row is sorted, in milliseconds since 1970. */
  feedTime: number;
  /** The id of the record, as served to clients. */
  id: string;
  /** The number of the version of the record, from 1. */
  version: number;
  /** The JSON of the record, the same text as in the lists. */
  body: string;
}

/** The injection token of the connector's `Backend`. */
export const BACKEND = Symbol('BACKEND');

/** The JSON of an account's balances. Source: Generic Connector document, `Balances`. */
export interface ServedBalances {
  id: string;
  accountID: string;
  at: string;
  balances: { amount: string; currency: string }[];
}
