/**
 * The order state machine. It decides the next action of an order, and the state change that is committed before the action starts. Its
 * functions have no side effects. `docs/explanation/exactly-once-payouts.md` contains the diagram of the states.
 *
 * - `received`, `waiting` (the PSP never accepted the order): the order is sent, → `sending`. While the PSP's rate limit does not allow it,
 *   → `waiting`.
 * - `sending` (a call is in progress): nothing happens while the lease is valid. If the process died, → `unknown`.
 * - `unknown` (the PSP may have the order): the order is looked up at the PSP. If the PSP has no lookup, the order is sent again while the
 *   PSP recognises repeats, → `sending`.
 * - `pending` (the PSP has the order): the order is looked up until the status is final.
 * - `succeeded`, `failed`, `returned` (final): nothing happens. While the status is disputed, the order is looked up.
 *
 * `apply-outcome.ts` contains the transitions after an action, and `apply-psp-status.ts` the transitions after a status of the PSP.
 */
import {
  isHolderDead,
  createLeaseToken,
  type LeaseHolder,
  type MutableOrderFields,
  type OrderChange,
  type StoredOrder,
} from '@tributary/feed';
import { isInFuture } from './clock-rollback.js';
import { isDisputed } from '../model/stored-order-details.js';
import type { DecisionContext, OrderAction } from './state-machine.types.js';
import { getDelayForAge } from './order-timings.js';

/** A state change, and the action that follows it. Without an action, the order is not processed again until `nextActionAt`. */
export interface Decision {
  change: OrderChange;
  action?: OrderAction['type'];
}

const noAction: Decision = { change: { set: { nextActionAt: undefined } } };

/** The maximum duration of a lease in ms. A lease that seems to last longer was acquired with a wrong clock, and is ignored. */
const MAX_LEASE_MS = 3_600_000;
/**
 * Time in ms after a restore during which a new order is looked up at the PSP before it is sent. Its client may be repeating an order that
 * the backup lacks.
 */
const LOST_ORDER_REPEAT_MS = 30 * 24 * 3_600_000;
/**
 * Time in ms after a restore during which a new order is treated as possibly sent, if the PSP has no lookup. The time is short, because a
 * person may have to decide about each of these orders.
 */
const UNKNOWN_ORDER_REPEAT_MS = 24 * 3_600_000;

/**
 * Decides the next action of an order.
 * @returns `undefined` when the order is not due, or when a live process has its lease
 */
export function decideNextAction(order: StoredOrder, context: DecisionContext): Decision | undefined {
  if (hasRunningLease(order, context.holder, context.now) || !isDue(order, context.now)) return undefined;
  switch (order.state) {
    case 'received':
    case 'waiting':
      if (mayHaveBeenLost(order, context)) return lookUpBeforeFirstAttempt(order, context);
      return context.throttledUntil > context.now ? markWaiting(context) : startAttempt(order, context);
    case 'sending':
      return lookUpOrResend(markOutcomeUnknown(order, 'the attempt was not seen to its end'), order, context);
    case 'unknown':
      return lookUpOrResend({ set: {} }, order, context);
    case 'pending':
      return supportsLookup(order, context) ? startLookup({ set: {} }, order, context) : noAction;
    case 'succeeded':
    case 'failed':
    case 'returned':
      // The order is due because its status can be published now, or because its status is disputed. Publishing needs no action: every
      // change of an order also publishes the rows that are due.
      return isDisputed(order) && supportsLookup(order, context)
        ? startLookup({ set: {} }, order, context)
        : noAction;
  }
}

/** Returns true if a living process has a valid lease on the order. This process can be the holder. */
export function hasRunningLease(
  { holder, leasedUntil }: StoredOrder,
  currentHolder: LeaseHolder,
  now: number,
): boolean {
  if (holder === undefined || leasedUntil <= now || leasedUntil > now + MAX_LEASE_MS) return false;
  return !isHolderDead(holder, currentHolder);
}

/** Returns true if the order is due. A new order, and an order whose sending process has died, are due at once. */
function isDue({ state, nextActionAt }: StoredOrder, now: number): boolean {
  return state === 'received' || state === 'sending' || (nextActionAt ?? Infinity) <= now;
}

/**
 * Returns true if the order may have been sent between the backup and the restore, so that the restored store lacks the attempt. This is
 * possible if the backup contains the order as not sent. It is also possible for a new order, because its client may be repeating an order
 * that was lost.
 */
function mayHaveBeenLost(order: StoredOrder, context: DecisionContext): boolean {
  const { now, restore } = context;
  const { state, changedAt } = order;
  const repeatMs = supportsLookup(order, context) ? LOST_ORDER_REPEAT_MS : UNKNOWN_ORDER_REPEAT_MS;
  if (restore === undefined || now >= restore.restoredAt + repeatMs) return false;
  return state === 'received' || changedAt < restore.restoredAt;
}

/**
 * Looks up an order before it is sent. All attempts that the store lost ended before the restore. So if the PSP does not have the order
 * now, the order was never sent. If the PSP has no lookup, the order is treated as if it had been sent at the time of the backup.
 */
function lookUpBeforeFirstAttempt(order: StoredOrder, context: DecisionContext): Decision {
  const outcomeUnknownSince = supportsLookup(order, context) ? undefined : context.restore?.backupAt;
  return lookUpOrResend(
    {
      set: { state: 'unknown', outcomeUnknownSince },
      event: 'the store was restored: the order may have been sent before',
    },
    order,
    context,
  );
}

/** Marks the outcome of the current attempt as unknown. From now on, only the PSP can confirm that the attempt had no effect. */
export function markOutcomeUnknown({ outcomeUnknownSince, sentAt }: StoredOrder, event: string): OrderChange {
  return {
    set: {
      state: 'unknown',
      outcomeUnknownSince: outcomeUnknownSince ?? sentAt,
      sentAt: undefined,
      declinedAt: undefined,
    },
    event,
  };
}

/**
 * Returns true if sending cannot cause a second payment: the PSP has received no attempt, or it still recognises the idempotency key. The
 * period in which the PSP recognises a key starts with the first attempt that it may have received.
 */
export function canSendSafely(order: StoredOrder, { now, connector, timings }: DecisionContext): boolean {
  if (order.outcomeUnknownSince === undefined) return true;
  const { idempotencyWindowMs } = connector.idempotency;
  if (isInFuture(order.outcomeUnknownSince, now, timings)) return idempotencyWindowMs === Infinity;
  const safetyMarginMs = Math.min(idempotencyWindowMs / 10, 3_600_000) + timings.sendTimeoutMs;
  return now + safetyMarginMs < order.outcomeUnknownSince + idempotencyWindowMs;
}

/** Returns true if the gateway can look up the order at the PSP. Some PSPs can find an order by their own id only. */
export function supportsLookup({ pspId }: StoredOrder, { connector }: DecisionContext): boolean {
  const { client, idempotency } = connector;
  return client.findOrder !== undefined && (pspId !== undefined || idempotency.findsOrdersByIdOnly !== true);
}

/**
 * Starts an attempt to send the order. The lease covers the PSP call and the write after it. If this process dies, another process takes
 * over the order when the lease expires.
 */
export function startAttempt(order: StoredOrder, context: DecisionContext): Decision {
  const attempts = order.attempts + 1;
  const set: Partial<MutableOrderFields> = {
    ...createLease(order, context),
    state: 'sending',
    sentAt: context.now,
    attempts,
  };
  return { change: { set, event: `attempt ${attempts} to send it` }, action: 'send' };
}

function startLookup({ set, event }: OrderChange, order: StoredOrder, context: DecisionContext): Decision {
  return {
    change: { set: { ...set, ...createLease(order, context) }, ...(event === undefined ? {} : { event }) },
    action: 'lookup',
  };
}

/** Handles an order whose outcome is unknown: looks it up at the PSP, or sends it again if the PSP recognises the repeat. */
function lookUpOrResend(change: OrderChange, storedOrder: StoredOrder, context: DecisionContext): Decision {
  const order = { ...storedOrder, ...change.set };
  if (supportsLookup(order, context)) return startLookup(change, order, context);
  if (canSendSafely(order, context))
    return mergeIntoDecision(
      change,
      context.throttledUntil > context.now
        ? { change: deferWhileThrottled(context) }
        : startAttempt(order, context),
    );
  return { change: { ...change, set: { ...change.set, ...RELEASED_LEASE, nextActionAt: undefined } } };
}

/** Merges a change into a decision that is based on this change. */
function mergeIntoDecision({ set }: OrderChange, decision: Decision): Decision {
  return { ...decision, change: { ...decision.change, set: { ...set, ...decision.change.set } } };
}

/** Marks an order as waiting until the PSP's rate limit allows the next call. */
function markWaiting(context: DecisionContext): Decision {
  const { set } = deferWhileThrottled(context);
  return {
    change: { set: { ...set, state: 'waiting' }, event: 'it waits: the PSP takes no orders for the moment' },
  };
}

/**
 * Releases the lease, and schedules the order for the time when the PSP's rate limit allows the next call. Random jitter spreads the
 * orders.
 */
export function deferWhileThrottled({ now, throttledUntil, timings }: DecisionContext): OrderChange {
  const resumeAt =
    throttledUntil + getDelayForAge(0, Math.random() * timings.initialDelayMs, timings.initialDelayMs);
  return { set: { ...RELEASED_LEASE, nextActionAt: Math.max(Math.ceil(resumeAt), now + 1) } };
}

function createLease(
  order: StoredOrder,
  { now, timings, holder }: DecisionContext,
): Partial<MutableOrderFields> {
  const leasedUntil = now + timings.leaseMs;
  return {
    holder: createLeaseToken(holder),
    leasedUntil,
    nextActionAt: leasedUntil,
    fencingToken: order.fencingToken + 1,
  };
}

/** The column values of an order that no process has leased. */
export const RELEASED_LEASE: Partial<MutableOrderFields> = { holder: undefined, leasedUntil: 0 };
