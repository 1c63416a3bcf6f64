/**
 * Finds the object of an order at a PSP. An object counts only if it contains the key of the order and has its amount: a PSP can return another
 * object for a search, for an id, or with the error for a repeated order. If it is not certain which object is that of the order, the result of
 * the order is not known, and the gateway looks it up again.
 */
import { PspError } from '../errors.js';
import { Json } from '../http/json-accessors.js';
import { isSameOrderKey } from '../mapping/order-key.js';
import { readText } from '../mapping/pick-metadata.js';
import type { Money } from '../money.js';
import type { Order, OrderResult } from '../order.types.js';
import type { TokenPage } from './listing.types.js';
import { readPages } from './read-pages.js';
import type { TimeWindowQuery } from './read-window.js';

/** The PSP's clock can be behind the gateway's clock. An hour costs little. */
const MAX_CLOCK_SKEW_MS = 3_600_000;

/** How the object of an order is recognised. */
export interface OrderRecognition {
  /**
   * Returns the key of the order to which an object belongs, e.g. its reference. The key is compared without regard to capital letters and
   * blanks, see `isSameOrderKey`.
   */
  getKey: (row: Json) => string | undefined;
  /**
   * Returns the amount of an object; its sign is ignored. Without an amount, e.g. because the PSP converts it, only the key is compared.
   * @throws InvalidRecordError if the object has no valid amount. The result of the order is then not known
   */
  getAmount?: (row: Json) => Money | undefined;
}

/** The properties of an order with which an object is compared. */
type ExpectedOrder = Pick<Order, 'amount' | 'idempotencyKey'>;

function isObjectOf(row: Json, { idempotencyKey }: ExpectedOrder, { getKey }: OrderRecognition): boolean {
  return isSameOrderKey(getKey(row), idempotencyKey);
}

/**
 * Returns the object of an order from the objects that the PSP returned for it.
 * @returns `undefined` if no object has the key of the order
 * @throws PspError `unavailable` if several objects have the key, or if the object has another amount
 */
export function selectOrderObject(
  rows: readonly Json[],
  order: ExpectedOrder,
  recognition: OrderRecognition,
): Json | undefined {
  const getId = (row: Json) => readText(row, 'id') ?? row.toJsonString();
  const objects = new Map(
    rows.filter((row) => isObjectOf(row, order, recognition)).map((row) => [getId(row), row]),
  );
  const [found] = objects.values();
  if (found === undefined) return undefined;
  if (objects.size > 1)
    throw new PspError(
      'unavailable',
      `the PSP has ${objects.size} objects with the key of the order, and it is not known which one is the order: ${[...objects.keys()].join(', ')}`,
    );
  const expected = order.amount;
  const amount = recognition.getAmount?.(found);
  const isSame =
    amount === undefined ||
    (amount.asset === expected.asset && [expected.amount, -expected.amount].includes(amount.amount));
  if (isSame) return found;
  throw new PspError(
    'unavailable',
    `the object ${getId(found)} has the key of the order, but it is ${amount.amount} of ${amount.asset}, and the order is ${expected.amount} of ${expected.asset}`,
  );
}

/**
 * Returns the item of an order from an object with items, e.g. from a batch of payouts.
 * @returns an object in which every property is absent if the PSP returns no items yet
 * @throws PspError `unavailable` as `selectOrderObject`, and if there are only items of other orders
 */
export function selectOrderItem(
  items: readonly Json[],
  order: ExpectedOrder,
  recognition: OrderRecognition,
): Json {
  const found = selectOrderObject(items, order, recognition);
  if (found !== undefined || items.length === 0) return found ?? Json.absent;
  throw new PspError(
    'unavailable',
    'the PSP returns items of other orders, and none with the key of the order',
  );
}

/**
 * Returns an object that the PSP returned for an id, if it is that of the order.
 * @throws PspError `unavailable` if the object has another key or another amount
 */
export function requireOrderObject(
  found: Json | undefined,
  order: ExpectedOrder,
  recognition: OrderRecognition,
): Json | undefined {
  if (found === undefined || isObjectOf(found, order, recognition))
    return selectOrderObject(found === undefined ? [] : [found], order, recognition);
  throw new PspError(
    'unavailable',
    `the PSP names ${readText(found, 'id') ?? 'an object'} as the object of the order, which has another key`,
  );
}

/**
 * Searches a list for the object of an order.
 * @param isPast returns true for a row that can only come after the object of the order, so that the search ends there. Default: the list is read
 * to its end
 * @throws PspError as `selectOrderObject` and `readPages`
 */
export async function findOrderInPages(
  fetchPage: (token: string | undefined) => Promise<TokenPage<Json>>,
  order: ExpectedOrder,
  recognition: OrderRecognition,
  isPast: (row: Json) => boolean = () => false,
): Promise<Json | undefined> {
  const found: Json[] = [];
  for await (const rows of readPages(fetchPage)) {
    found.push(...rows.filter((row) => isObjectOf(row, order, recognition)));
    if (rows.some(isPast)) break;
  }
  return selectOrderObject(found, order, recognition);
}

export interface CreatedOrderOptions extends OrderRecognition {
  /** Requests an object by the PSP's id. */
  findById: (id: string) => Promise<Json | undefined>;
  /** Requests a page of the objects that were created in a time window. */
  fetchPage: (window: TimeWindowQuery) => Promise<TokenPage<Json>>;
  /** The maximum length of a time window in milliseconds. It must be longer than the time for which orders are searched. */
  maxWindowMs: number;
  toOrderResult: (row: Json) => OrderResult;
}

/**
 * Returns the result of an order: by the PSP's id, or before that id is known, from the objects that were created since the order.
 * @throws PspError `unavailable` if it is not certain that the object is that of the order
 */
export async function findCreatedOrder(
  order: ExpectedOrder & Pick<Order, 'pspId' | 'createdAt'>,
  { findById, fetchPage, maxWindowMs, toOrderResult, ...recognition }: CreatedOrderOptions,
): Promise<OrderResult | undefined> {
  const from = Date.parse(order.createdAt) - MAX_CLOCK_SKEW_MS;
  const window = { from, to: from + maxWindowMs };
  const search = () =>
    findOrderInPages(
      (token) => fetchPage({ ...window, ...(token !== undefined && { token }) }),
      order,
      recognition,
    );
  const { pspId } = order;
  const found = await (pspId === undefined
    ? search()
    : findById(pspId).then((row) => requireOrderObject(row, order, recognition)));
  return found && toOrderResult(found);
}
