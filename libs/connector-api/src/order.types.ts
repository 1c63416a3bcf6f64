/** The types of payment orders for plugins: the order to execute, the PSP's result, and how the PSP recognises repeated orders. */
import type { Money } from './money.js';
import type { Metadata } from './record.types.js';

/** The kinds of order. The transactions of an order have the same word as their type. */
export const ORDER_KINDS = ['PAYOUT', 'TRANSFER'] as const;
export type OrderKind = (typeof ORDER_KINDS)[number];

/**
 * A payout to a beneficiary, or a transfer between two accounts of the tenant. The gateway stores an order before it passes the order to a
 * plugin.
 */
export interface Order {
  kind: OrderKind;
  /**
   * The idempotency key for the PSP, in the format that the plugin's `orders.keyFormat` requests. It is the same in every attempt and
   * unique among the orders of the connector. Send it in the header or property by which the PSP recognises repeated requests.
   */
  idempotencyKey: string;
  /**
   * The idempotency key that the client sent, which can be any string. People identify the order by this key, so pass it to the PSP if the
   * PSP has a field that people see.
   */
  reference: string;
  /** The amount to pay, always positive. */
  amount: Money;
  /** The PSP's own id of the account to debit, as `accounts` returned it. */
  sourceAccountId: string;
  /** The PSP's own id of the beneficiary (for a payout) or of the account (for a transfer). */
  destinationAccountId: string;
  description?: string;
  metadata: Metadata;
  /** The time at which the client submitted the order (RFC 3339, UTC). */
  createdAt: string;
  /** The PSP's id of the order. It is absent until a response of the PSP has contained it. */
  pspId?: string;
}

/**
 * The statuses of an order at the PSP. All except `PENDING` are final. `RETURNED` means that the order succeeded and the full amount came
 * back later.
 */
export const ORDER_STATUSES = ['PENDING', 'SUCCEEDED', 'FAILED', 'RETURNED'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** The state of an order that the PSP has accepted. */
export interface OrderResult {
  /**
   * The PSP's id of the order. If the PSP's listing contains the movement of the order, the movement must have the same `Transaction.id`.
   */
  id: string;
  status: OrderStatus;
  /**
   * The reason why the order failed or was returned, in the PSP's words. It is served as metadata to clients, so it must not contain
   * secrets.
   */
  reason?: { code: string; message?: string };
  metadata?: Metadata;
}

/**
 * Describes how the PSP recognises an order that it already has. Example for a PSP that accepts UUIDs as keys and recognises them for a
 * day: `{ keyFormat: 'uuid', idempotencyWindowMs: 24 * 60 * 60_000 }`.
 */
export interface IdempotencySupport {
  /**
   * The format of `Order.idempotencyKey` that the PSP accepts: a UUID, or a string of `[a-z0-9]` with at most `length` characters.
   * `length` must be 20 or more.
   */
  keyFormat: 'uuid' | { length: number };
  /**
   * The time in milliseconds for which the PSP is guaranteed to recognise a repeated key; `Infinity` if it recognises every key for ever.
   * After this time, the gateway never sends an order with an unknown outcome again, but only looks it up with `findOrder`. With the value
   * 0, the gateway never sends such an order again.
   */
  idempotencyWindowMs: number;
  /**
   * True if the PSP finds an order only by the PSP's own id, and not by the idempotency key. The gateway then calls `findOrder` only for
   * orders with a `pspId`. If the response to an order was lost, the gateway sends the order again while the PSP recognises the key.
   * Default: false.
   */
  findsOrdersByIdOnly?: boolean;
}
