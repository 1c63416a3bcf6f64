/** An order's way through this room: tasks that somebody takes on, and outcomes that decide what comes next. */
import type { OrderResult, OrderTerms, PspError, Psp } from '@tributary/connector-api';
import type { LeaseHolder, StoredOrder } from '@tributary/feed';
import type { OrderLimits } from './limits.types.js';
import type { OrderPace } from './pace.js';

/** A connector that pays. */
export interface OrderConnector {
  path: string;
  /** The plugin's name; metadata about its PSP's reasons go by it. */
  plugin: string;
  psp: Psp;
  terms: OrderTerms;
  limits: OrderLimits;
}

/** What a decision depends on beside the order. */
export interface Circumstances {
  now: number;
  connector: OrderConnector;
  pace: OrderPace;
  holder: LeaseHolder;
  /** The PSP asked not to be sent anything until then. */
  closedUntil: number;
}

/** What is to be done about an order, by whoever has its lease. */
export interface Task {
  do: 'send' | 'find';
  order: StoredOrder;
}

/** What an attempt to send, or a look, has brought. */
export type Outcome =
  /** The PSP has the order. */
  | { kind: 'result'; result: OrderResult; askedAt: number }
  /** It knows nothing of it. */
  | { kind: 'nothing' }
  /** It will not execute this attempt. */
  | { kind: 'refused'; error: PspError }
  /** It surely did not take it, this time. */
  | { kind: 'not-taken'; error: PspError }
  /** Nobody knows. */
  | { kind: 'unclear'; error: PspError };
