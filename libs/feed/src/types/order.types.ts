/**
 * The types of stored payment orders. The library `orders` decides when an order changes its state.
 * `docs/explanation/exactly-once-payouts.md` contains a diagram of the state machine.
 */
import type { OrderKind, SerializedRecord } from '@tributary/connector-api';
import type { AuditEntry } from './audit.types.js';

/**
 * The states of an order.
 *
 * - `received`: the order is stored and was never sent.
 * - `waiting`: the PSP has certainly not accepted the order yet. The order is sent again later.
 * - `sending`: a call to the PSP is in progress, or was in progress when its process died.
 * - `unknown`: it is unknown whether the PSP has accepted the order.
 * - `pending`: the PSP has accepted the order.
 * - `succeeded`, `failed` and `returned` are final. `returned`: the order succeeded, and later the money came back.
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

export const FINAL_ORDER_STATES = [
  'succeeded',
  'failed',
  'returned',
] as const satisfies readonly OrderState[];

/** The properties of an order that never change. All times in this file are milliseconds since 1970. */
export interface ImmutableOrderFields {
  /** The id of the order, encoded as clients get it. */
  id: string;
  idempotencyKey: string;
  /** The idempotency key that is sent to the PSP. */
  pspKey: string;
  kind: OrderKind;
  /** The client's request in canonical form, so that equal requests are equal strings. */
  request: string;
  amount: bigint;
  asset: string;
  createdAt: number;
}

/** The properties of an order that can change. */
export interface MutableOrderFields {
  state: OrderState;
  pspId: string | undefined;
  /** A JSON object with the details that the PSP or this gateway added. */
  details: string;
  changedAt: number;
  /** The body of the response to the client; `undefined` until it is decided. */
  response: string | undefined;
  /** The time at which the response was last sent. */
  respondedAt: number | undefined;
  /** The status in the newest row of the order (`RETURNED` for the row of its return). `publishedAt` is the `createdAt` of this row. */
  publishedStatus: string | undefined;
  publishedAt: number | undefined;
  attempts: number;
  /** The time at which the current attempt began. */
  sentAt: number | undefined;
  /** The time at which the first attempt with an unknown outcome began. */
  outcomeUnknownSince: number | undefined;
  /** The time at which the PSP declined an attempt, if an earlier attempt has an unknown outcome. */
  declinedAt: number | undefined;
  /** The time at which the alert about this overdue order was raised. */
  alertedAt: number | undefined;
  /** The time at which the next action is due; `undefined` when no action remains. */
  nextActionAt: number | undefined;
  /** The process that works on the order. Its lease (the right to work on the order) ends at `leasedUntil`. */
  holder: string | undefined;
  leasedUntil: number;
  /** A number that increases with every lease. A process with a lower number can no longer change the order. */
  fencingToken: number;
}

export interface StoredOrder extends Readonly<ImmutableOrderFields>, Readonly<MutableOrderFields> {
  readonly connector: string;
}

/** The changes that one transaction makes to an order. */
export interface OrderChange {
  set: Partial<MutableOrderFields>;
  /** The message for the history. No entry is added if there is no message, or if state and message equal those of the last entry. */
  event?: string;
  /** The records that the same transaction appends to the connector's feed of transactions. */
  publishedRecords?: SerializedRecord[];
  /** The entry that the same transaction appends to the audit log. It is present only if an operator makes the change. */
  auditEntry?: AuditEntry;
  /** The id of the proposal that an operator approves with this change. Without an id, an open proposal is discarded. */
  approvedProposalId?: string;
}

export interface OrderEvent {
  at: number;
  state: OrderState;
  event: string;
}

/** The references by which the PSP may identify an order: the idempotency keys that this gateway sent, or the PSP's own ids. */
export interface PspReferences {
  pspKeys: readonly string[];
  pspIds: readonly string[];
}

/**
 * When the promise of a change resolves. `durable`: after the change has reached the disk. `relaxed`: earlier, so a power failure of the
 * database's machine may lose the change.
 */
export type Durability = 'durable' | 'relaxed';

/** Reads and writes the orders of one connector. Every method is one transaction. */
export interface OrderRepository {
  /**
   * Stores an order, unless an order with the same idempotency key exists.
   * @param decideFirst returns the first change of the order. `orderedTodayTotal` is the sum of the earlier orders of the same UTC day and
   * asset that did not fail
   * @returns the order with this key; `fresh` is true when this call stored the order
   */
  insertOrGet(
    order: ImmutableOrderFields,
    decideFirst: (order: StoredOrder, orderedTodayTotal: bigint) => OrderChange,
  ): Promise<{ order: StoredOrder; fresh: boolean }>;
  /**
   * Changes an order while its row is locked. No other process can change the order between the call of `decide` and the commit.
   * @param decide must have no side effects; it returns `undefined` to change nothing
   * @returns the order after the change; `undefined` when the order does not exist
   * @throws ProposalClosedError when the change approves a proposal that is no longer open
   */
  update(
    id: string,
    decide: (order: StoredOrder) => OrderChange | undefined,
    durability?: Durability,
  ): Promise<StoredOrder | undefined>;
  find(id: string): Promise<StoredOrder | undefined>;
  /** Checks that the database is still the store that this process opened, and returns the stored orders with these ids. */
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
  /** Returns the orders whose next action is due. The order that has been due for the longest time comes first. */
  findDue(connectors: readonly string[], now: number, limit: number): Promise<StoredOrder[]>;
  /** Returns the orders on which a process has a lease, even if the process has died. */
  findLeased(connectors: readonly string[]): Promise<StoredOrder[]>;
  /** Returns every connector that ever had an order, sorted by path. */
  listConnectors(): Promise<string[]>;
  /** Counts the orders in each of these states, for all connectors except the given ones. */
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
