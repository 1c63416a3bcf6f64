/**
 * Payment orders as the store keeps them. The library `orders` decides when an order changes its state.
 * `docs/explanation/exactly-once-payouts.md` has a diagram of the state machine.
 */
import type { OrderKind, SerializedRecord } from '@tributary/connector-api';
import type { AuditEntry } from './audit.types.js';

/**
 * States of an order. `received`: stored, never sent. `waiting`: certainly not accepted by the PSP yet, sent again later.
 * `sending`: a call to the PSP is in progress, or was when its process died. `unknown`: the PSP may or may not have accepted it.
 * `pending`: the PSP accepted it. `succeeded`, `failed` and `returned` are final. `returned`: it succeeded, and later the money came back.
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

/** Properties of an order that never change. All times in this file are milliseconds since 1970. */
export interface ImmutableOrderFields {
  /** Encoded as clients see it. */
  id: string;
  idempotencyKey: string;
  /** Idempotency key that is sent to the PSP. */
  pspKey: string;
  kind: OrderKind;
  /** The client's request in canonical form: equal strings mean equal requests. */
  request: string;
  amount: bigint;
  asset: string;
  createdAt: number;
}

/** Properties of an order that change during its life. */
export interface MutableOrderFields {
  state: OrderState;
  pspId: string | undefined;
  /** JSON object with the details that the PSP or this gateway recorded. */
  details: string;
  changedAt: number;
  /** Body of the response to the client, once it is decided. */
  response: string | undefined;
  /** When the response was last sent. */
  respondedAt: number | undefined;
  /** Status in the order's newest row (`RETURNED` for the row of its return). `publishedAt` is that row's `createdAt`. */
  publishedStatus: string | undefined;
  publishedAt: number | undefined;
  attempts: number;
  /** When the current attempt began. */
  sentAt: number | undefined;
  /** When the first attempt with an unknown outcome began. */
  outcomeUnknownSince: number | undefined;
  /** When the PSP declined an attempt that followed an attempt with an unknown outcome. */
  declinedAt: number | undefined;
  /** When the alert about this overdue order was raised. */
  alertedAt: number | undefined;
  /** When the next action is due; `undefined` when nothing remains to be done. */
  nextActionAt: number | undefined;
  /** The process that works on the order. Its lease ends at `leasedUntil`. */
  holder: string | undefined;
  leasedUntil: number;
  /** Fencing token of the lease. It increases with every lease. */
  fencingToken: number;
}

export interface StoredOrder extends Readonly<ImmutableOrderFields>, Readonly<MutableOrderFields> {
  readonly connector: string;
}

/** The changes that one transaction makes to an order. */
export interface OrderChange {
  set: Partial<MutableOrderFields>;
  /** Message for the history. An entry equal to the last one (state and message) is not added again. Without a message no entry is added. */
  event?: string;
  /** Records that the same transaction appends to the connector's feed of transactions. */
  publishedRecords?: SerializedRecord[];
  /** Entry that the same transaction appends to the audit log. An operator's change has one. */
  auditEntry?: AuditEntry;
}

export interface OrderEvent {
  at: number;
  state: OrderState;
  event: string;
}

/** References by which the PSP may name an order: our idempotency keys, or its own ids. */
export interface PspReferences {
  pspKeys: readonly string[];
  pspIds: readonly string[];
}

/** `durable`: the change has reached the disk when the promise resolves. `relaxed`: a power failure of the database's machine may lose it. */
export type Durability = 'durable' | 'relaxed';

/** Reads and writes the orders of one connector. Every method is one transaction. */
export interface OrderRepository {
  /**
   * Stores an order, unless an order with the same idempotency key exists.
   * @param decideFirst returns the order's first change. `orderedTodayTotal` is the sum of the earlier orders of the same UTC day and
   * asset that did not fail
   * @returns the order with this key; `fresh` is true when this call stored it
   */
  insertOrGet(
    order: ImmutableOrderFields,
    decideFirst: (order: StoredOrder, orderedTodayTotal: bigint) => OrderChange,
  ): Promise<{ order: StoredOrder; fresh: boolean }>;
  /**
   * Changes an order under its row lock. No other process can change the order between the call of `decide` and the commit.
   * @param decide must have no side effects; it returns `undefined` to change nothing
   * @returns the order after the change; `undefined` when it does not exist
   */
  update(
    id: string,
    decide: (order: StoredOrder) => OrderChange | undefined,
    durability?: Durability,
  ): Promise<StoredOrder | undefined>;
  find(id: string): Promise<StoredOrder | undefined>;
  /** Returns those of the orders that the store has, after a check that the store is the one that this process opened. */
  findCurrent(ids: readonly string[]): Promise<StoredOrder[]>;
  findByIdempotencyKey(idempotencyKey: string): Promise<StoredOrder | undefined>;
  /** Returns the orders that have one of these references. */
  findByPspReferences(references: PspReferences): Promise<StoredOrder[]>;
  /** Returns the orders in one of these states, oldest first. */
  findByState(states: readonly OrderState[], limit: number): Promise<StoredOrder[]>;
  /** Returns the newest orders, newest first. */
  findNewest(limit: number): Promise<StoredOrder[]>;
  /** Returns the history of an order, oldest entry first. */
  readHistory(id: string): Promise<OrderEvent[]>;
}

/** Reads the orders of all connectors of a deployment. */
export interface OrderQueue {
  /** Returns the orders whose next action is due, longest overdue first. */
  findDue(connectors: readonly string[], now: number, limit: number): Promise<StoredOrder[]>;
  /** Returns the orders that have a lease holder, including holders that died. */
  findLeased(connectors: readonly string[]): Promise<StoredOrder[]>;
  /** Returns every connector that ever had an order, sorted. */
  listConnectors(): Promise<string[]>;
  /** Counts the orders in each of these states for all connectors except the given ones. */
  countByStateElsewhere(
    excludedConnectors: readonly string[],
    states: readonly OrderState[],
  ): Promise<OrderCount[]>;
  /** Counts the orders in each of these states. Connectors and states without orders are left out. */
  countByState(connectors: readonly string[], states: readonly OrderState[]): Promise<OrderCount[]>;
}

export interface OrderCount {
  connector: string;
  state: OrderState;
  count: number;
}
