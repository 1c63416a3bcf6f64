/** The interface between the contract's controllers and the connector that they serve. */
import type { Money } from '../money.js';
import type { OrderKind } from '../order.types.js';
import type { Stream } from '../plugin.js';
import type { PageQuery } from './parse-page-query.js';

/** The data and operations of one connector, as the contract's controllers need them. Injected under `BACKEND`. */
export interface Backend {
  /**
   * Returns one page of a stream, oldest row first. A page after the end is `[]`. It is a promise only if the store is asynchronous.
   * @param authorization the request's `Authorization` header, which names the reader
   */
  getPage(stream: Stream, query: PageQuery, authorization?: string): SerializedPage | Promise<SerializedPage>;
  /**
   * Returns the balances of an account. Their time `at` depends on what the reader got before: docs/decisions/0015-times-of-balances.md.
   * @param accountId the id as served, i.e. encoded
   * @param authorization the request's `Authorization` header, which names the reader
   * @returns a JSON object as the contract's `Balances`; `undefined` for an account that was never served
   * @throws PspError if the PSP cannot be asked and no balance is stored
   */
  getBalances(accountId: string, authorization?: string): Promise<ServedBalances | undefined>;
  /**
   * Returns at most `limit` rows of a stream after a sequence number, for programs that copy a feed.
   * @param afterSequence 0: from the first row
   */
  readFeedRows(stream: Stream, afterSequence: number, limit: number): Promise<FeedRows>;
  /** Returns when the stream has a row after this sequence number, after `timeoutMs`, or when the signal is aborted or the gateway stops. */
  waitForFeedRow(
    stream: Stream,
    afterSequence: number,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<void>;
  /** Whether the gateway stops, so that open responses must end. */
  readonly isStopping: boolean;
  /** Returns those of the ids (as served) that are in the stream. */
  findServedIds(stream: Stream, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** The kinds of order that the plugin can execute. */
  readonly supportedOrderKinds: ReadonlySet<OrderKind>;
  /**
   * Submits an order and returns within 8 s. If the result is not known by then, its status is PENDING. A repeated request with the same
   * idempotency key always gets the same bytes.
   * @returns a JSON object as the contract's `Payout` or `Transfer`
   * @throws ContractError 422 if the key was used for another request
   */
  submitOrder(kind: OrderKind, request: OrderRequest): Promise<string>;
}

/** A validated request for an order. Its ids are those that the client sent, i.e. as served. */
export interface OrderRequest {
  idempotencyKey: string;
  amount: Money;
  /** The asset as the client wrote it, if that is not the form of the feeds: `JPY/0` for `JPY`. The response and the rows repeat it. */
  requestedAsset?: string;
  sourceAccountId: string;
  destinationAccountId: string;
  description?: string;
  metadata: Readonly<Record<string, string>>;
}
/** A page as it is sent to the client. A full page, with as many rows as requested, never changes. */
export interface SerializedPage {
  /** The number of rows in the page. */
  rows: number;
  /** The JSON array. A string is faster if it is sent once, a Buffer if it is cached and sent many times. */
  body: string | Buffer;
}

/** Rows of a feed, in the sequence in which they became visible. */
export interface FeedRows {
  /** Increases when the store was restored: a sequence number from before can then belong to another row. */
  epoch: number;
  /** Sequence number of the last row of the feed; only known if `rows` is empty. */
  lastSequence?: number;
  rows: readonly NumberedRow[];
}

/** One row of a feed: a version of a record. */
export interface NumberedRow {
  /** Counts the rows of the feed from 1 without gaps. */
  sequence: number;
  /** Milliseconds since 1970. */
  feedTime: number;
  /** The id of the record, as served. */
  id: string;
  /** Counts the versions of the record from 1. */
  version: number;
  /** The JSON of the record, as the lists serve it. */
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
