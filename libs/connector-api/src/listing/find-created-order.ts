/** Finds an order at a PSP whose objects can be listed by the time at which they were created. */
import { PspError } from '../errors.js';
import type { Order, OrderResult } from '../order.types.js';
import type { Json } from '../http/json-accessors.js';
import { findRowInPages } from './read-pages.js';
import type { TokenPage } from './listing.types.js';
import type { TimeWindowQuery } from './read-window.js';

/** The PSP's clock can be behind the gateway's clock. An hour costs nothing, because the object of the order is the first match. */
const MAX_CLOCK_SKEW_MS = 3_600_000;

export interface CreatedOrderOptions {
  /** Requests an object by the PSP's id. */
  findById: (id: string) => Promise<Json | undefined>;
  /** Requests a page of the objects that were created in a time window. */
  fetchPage: (window: TimeWindowQuery) => Promise<TokenPage<Json>>;
  /** Returns true for the object of the order, e.g. by the order's key in its reference. */
  isOrder: (row: Json) => boolean;
  /** The maximum length of a time window in milliseconds. It must be longer than the time for which orders are searched. */
  maxWindowMs: number;
  toOrderResult: (row: Json) => OrderResult;
}

/**
 * Returns the result of an order: by the PSP's id, or before that id is known, from the objects that were created since the order.
 * @throws PspError `unavailable` if the object with the PSP's id belongs to another order
 */
export async function findCreatedOrder(
  { pspId, createdAt }: Pick<Order, 'pspId' | 'createdAt'>,
  { findById, fetchPage, isOrder, maxWindowMs, toOrderResult }: CreatedOrderOptions,
): Promise<OrderResult | undefined> {
  const from = Date.parse(createdAt) - MAX_CLOCK_SKEW_MS;
  const window = { from, to: from + maxWindowMs };
  const search = () =>
    findRowInPages((token) => fetchPage({ ...window, ...(token !== undefined && { token }) }), isOrder);
  const found = await (pspId === undefined ? search() : findById(pspId));
  if (found === undefined || isOrder(found)) return found && toOrderResult(found);
  throw new PspError(
    'unavailable',
    `the PSP names ${pspId} as the object of the order, which has another key`,
  );
}
