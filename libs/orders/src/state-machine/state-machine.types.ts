/** Types of the order state machine: the inputs of a decision, the actions to execute, and the outcomes of actions. */
import type { OrderResult, IdempotencySupport, PspError, PspClient } from '@tributary/connector-api';
import type { LeaseHolder, StoredOrder, StoreRestore } from '@tributary/feed';
import type { OrderLimits } from '../model/order-limits.types.js';
import type { OrderTimings } from './order-timings.js';

/** A connector whose plugin can create payouts or transfers. */
export interface OrderConnector {
  path: string;
  /** The first path of the connector; absent if the connector was not renamed. Ids and idempotency keys are derived from it. */
  originalPath?: string;
  /** The name of the plugin. Metadata keys for the PSP's failure reasons contain this name. */
  plugin: string;
  client: PspClient;
  idempotency: IdempotencySupport;
  limits: OrderLimits;
}

/** The inputs of a decision besides the order itself. */
export interface DecisionContext {
  now: number;
  connector: OrderConnector;
  timings: OrderTimings;
  holder: LeaseHolder;
  /** The time until which the PSP accepts no orders, e.g. because of its rate limit, in milliseconds since 1970. */
  throttledUntil: number;
  /** The newest restore of the store from a backup. The store may lack orders that were sent between the backup and this restore. */
  restore: StoreRestore | undefined;
}

/** A call to the PSP that the process must make that has the lease on the order. */
export interface OrderAction {
  type: 'send' | 'lookup';
  order: StoredOrder;
}

/** The outcome of an attempt to send an order, or of a lookup. */
export type AttemptOutcome =
  /** The PSP has the order. */
  | { kind: 'result'; result: OrderResult; askedAt: number }
  /** The PSP does not have the order. */
  | { kind: 'not-found' }
  /** The PSP declined this attempt and will not execute it. */
  | { kind: 'declined'; error: PspError }
  /** The PSP certainly did not accept this attempt, e.g. because of a rate limit. The order can be sent again. */
  | { kind: 'not-accepted'; error: PspError }
  /** It is unknown whether the PSP has the order. */
  | { kind: 'unknown'; error: PspError };
