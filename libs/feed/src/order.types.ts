/** Orders as the store keeps them. What they mean, and when they change, is the business of the room `orders`. */
import type { OrderKind, WireRecord } from '@tributary/connector-api';

/**
 * `received`: stored, never sent. `waiting`: surely not taken yet, sent again later. `sending`: a call is, or was, under way.
 * `unknown`: it may have left. `pending`: the PSP has it. The others are final; `returned`: it succeeded, and the money came back.
 */
export const ORDER_STATES = [
  'received',
  'waiting',
  'sending',
  'unknown',
  'pending',
  'succeeded',
  'failed',
  'returned',
] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/** What never changes. Times here and below are milliseconds since 1970. */
export interface NewOrder {
  /** As served. */
  id: string;
  idempotencyKey: string;
  /** The idempotency key for the PSP. */
  pspKey: string;
  kind: OrderKind;
  /** The client's request in its one canonical form: equal texts are equal requests. */
  request: string;
  amount: bigint;
  asset: string;
  createdAt: number;
}

/** What changes with an order's life. */
export interface OrderProgress {
  state: OrderState;
  pspId: string | undefined;
  /** What the PSP, or we, said about it: JSON. */
  details: string;
  changedAt: number;
  /** The bytes of the answer, once they are decided. */
  answer: string | undefined;
  /** When the answer was last given. */
  answeredAt: number | undefined;
  /** What its newest row says, RETURNED where that is the row of its return, and that row's `createdAt`. */
  published: string | undefined;
  publishedAt: number | undefined;
  attempts: number;
  /** When the attempt began that is under way. */
  sentAt: number | undefined;
  /** When the first attempt began whose outcome is unknown. */
  unsureSince: number | undefined;
  /** When the PSP refused an attempt after one whose outcome is unknown. */
  refusedAt: number | undefined;
  /** When people were told that it takes long. */
  shownAt: number | undefined;
  /** When there is something to do about it. */
  nextAt: number | undefined;
  /** Who works on it, until when. */
  holder: string | undefined;
  leasedUntil: number;
  /** Grows with every lease. */
  fence: number;
}

export interface StoredOrder extends Readonly<NewOrder>, Readonly<OrderProgress> {
  readonly connector: string;
}

/** What one transaction does to an order. */
export interface OrderChange {
  set: Partial<OrderProgress>;
  /** For the history; the same state and words twice in a row are one entry. Without it the history says nothing. */
  event?: string;
  /** Rows of the connector's transactions, published with the change. */
  rows?: WireRecord[];
}

export interface OrderEvent {
  at: number;
  state: OrderState;
  event: string;
}

/** A movement that may be an order's: of one of these keys, or one of these ids. */
export interface OrderNames {
  pspKeys: readonly string[];
  pspIds: readonly string[];
}

/** How much may be lost with the machine's power: nothing, or this change. */
export type Durability = 'durable' | 'quick';

/** The orders of one connector. Every method is one transaction. */
export interface OrderBook {
  /**
   * Stores an order, unless there is one with the same idempotency key.
   * @param begin its first state, given what was taken before it on the same UTC day in the same asset and did not fail
   * @returns the order that has the key, and whether it is this one
   */
  receive(
    order: NewOrder,
    begin: (order: StoredOrder, takenToday: bigint) => OrderChange,
  ): Promise<{ order: StoredOrder; fresh: boolean }>;
  /**
   * Changes an order under its lock: nobody else changes it between what `decide` sees and what it decides.
   * @param decide without side effects; `undefined` changes nothing
   * @returns the order afterwards; `undefined` when there is none
   */
  change(
    id: string,
    decide: (order: StoredOrder) => OrderChange | undefined,
    durability?: Durability,
  ): Promise<StoredOrder | undefined>;
  find(id: string): Promise<StoredOrder | undefined>;
  findByKey(idempotencyKey: string): Promise<StoredOrder | undefined>;
  /** Those that have one of these names. */
  named(names: OrderNames): Promise<StoredOrder[]>;
  /** Those in one of these states, oldest first. */
  inState(states: readonly OrderState[], limit: number): Promise<StoredOrder[]>;
  /** Newest first. */
  newest(limit: number): Promise<StoredOrder[]>;
  /** Oldest first. */
  history(id: string): Promise<OrderEvent[]>;
}

/** All orders of a deployment. */
export interface OrderBooks {
  /** Those with something to do, longest due first. */
  due(connectors: readonly string[], now: number, limit: number): Promise<StoredOrder[]>;
  /** Those that somebody is working on, or was when it died. */
  leased(connectors: readonly string[]): Promise<StoredOrder[]>;
  /** Every connector that ever had an order, sorted. */
  connectors(): Promise<string[]>;
  /** How many are in each of these states, of all connectors but these. */
  countsElsewhere(but: readonly string[], states: readonly OrderState[]): Promise<OrderCount[]>;
  /** How many are in each of these states; none are left out. */
  counts(connectors: readonly string[], states: readonly OrderState[]): Promise<OrderCount[]>;
}

export interface OrderCount {
  connector: string;
  state: OrderState;
  count: number;
}
