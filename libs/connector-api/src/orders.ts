/** What somebody asked us to pay, and what became of it, as a plugin sees both. */
import type { Money } from './money.js';
import type { Metadata } from './records.js';

/** Words of the contract's transaction types: an order's rows are of its own kind. */
export const ORDER_KINDS = ['PAYOUT', 'TRANSFER'] as const;
export type OrderKind = (typeof ORDER_KINDS)[number];

/** A payout to a beneficiary, or a transfer between two accounts of ours. It was stored before a plugin sees it. */
export interface Order {
  kind: OrderKind;
  /**
   * The idempotency key for the PSP, in the form that the plugin's `orders.key` asks for. It is the same at every attempt, and
   * no other order of the connector has it: send it where the PSP recognises repeats by it.
   */
  key: string;
  /** The client's own name for the order (its idempotency key): people know the order by it. Any text. */
  reference: string;
  /** Positive. */
  amount: Money;
  /** The PSP's own ids, as the plugin's listings gave them. */
  sourceAccountId: string;
  destinationAccountId: string;
  description?: string;
  metadata: Metadata;
  /** When the client asked (RFC 3339, UTC). */
  createdAt: string;
  /** The PSP's id of the order, once an answer named it. */
  pspId?: string;
}

/** `RETURNED`: it had succeeded, and the money came back in full. */
export const ORDER_STATUSES = ['PENDING', 'SUCCEEDED', 'FAILED', 'RETURNED'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** What the PSP says of an order it has. */
export interface OrderResult {
  /** The PSP's id: the one under which its listing has the movement, where it has one. */
  id: string;
  status: OrderStatus;
  /** Why it failed or came back, in the PSP's words. Served as metadata. No secrets. */
  reason?: { code: string; message?: string };
  metadata?: Metadata;
}

/** How the PSP recognises an order that it already has. */
export interface OrderTerms {
  /** `uuid`, or so many characters of `[a-z0-9]` at most (at least 20). */
  key: 'uuid' | { length: number };
  /**
   * Milliseconds for which a repeat with the same key is surely recognised; `Infinity` for ever. After it, and always with 0, an order
   * whose outcome is unknown is only looked for (`findOrder`), never sent again.
   */
  remembersFor: number;
}
