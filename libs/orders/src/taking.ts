/**
 * The order state machine: decides the next action of an order, and the state change that is committed before the action starts.
 * Pure. The diagram of the states is in `docs/payouts.md`.
 *
 * - `received`, `waiting` (the PSP never accepted it): sends it, → `sending`. While the PSP throttles, → `waiting`.
 * - `sending` (a call is in progress): nothing while the lease lasts. If the process died, → `unknown`.
 * - `unknown` (the PSP may have it): looks it up at the PSP. Without lookup, sends it again while the PSP recognises repeats, → `sending`.
 * - `pending` (the PSP has it): looks it up until the status is final.
 * - `succeeded`, `failed`, `returned` (final): nothing, or a lookup while the status is disputed.
 *
 * `apply-outcome.ts` has the transitions after an action, `apply-psp-status.ts` those after a status of the PSP.
 */
import { hasDied, holderText, type LeaseHolder, type OrderChange, type StoredOrder } from '@tributary/feed';
import { ranBack } from './clock-steps.js';
import { isDisputed } from './order-details.js';
import type { Circumstances, Task } from './orders.types.js';
import { pauseFor } from './pace.js';

/** A state change, and the action that follows it. Without an action the order is left alone until `nextActionAt`. */
export interface Taken {
  change: OrderChange;
  task?: Task['do'];
}

const rest: Taken = { change: { set: { nextAt: undefined } } };

/** Maximum duration of a lease in ms. A lease that seems to last longer was acquired with a wrong clock and is ignored. */
const LONGEST_LEASE = 3_600_000;

/**
 * Decides the next action of an order.
 * @returns `undefined` when the order is not due, or when a live process has its lease
 */
export function take(order: StoredOrder, by: Circumstances): Taken | undefined {
  if (isHeld(order, by.holder, by.now) || !isDue(order, by.now)) return undefined;
  switch (order.state) {
    case 'received':
    case 'waiting':
      return by.closedUntil > by.now ? wait(by) : send(order, by);
    case 'sending':
      return look(unsure(order, 'the attempt was not seen to its end'), order, by);
    case 'unknown':
      return look({ set: {} }, order, by);
    case 'pending':
      return canFind(by) ? find({ set: {} }, order, by) : rest;
    case 'succeeded':
    case 'failed':
    case 'returned':
      // The order is due because its status may be published now, which every change does, or because its status is disputed.
      return isDisputed(order) && canFind(by) ? find({ set: {} }, order, by) : rest;
  }
}

/** Tells whether the order has a valid lease whose holder is alive. The holder can be this process. */
export function isHeld({ holder, leasedUntil }: StoredOrder, by: LeaseHolder, now: number): boolean {
  if (holder === undefined || leasedUntil <= now || leasedUntil > now + LONGEST_LEASE) return false;
  return !hasDied(holder, by);
}

/** Tells whether the order is due. New orders, and orders whose sender is gone, are due at once. */
function isDue({ state, nextAt }: StoredOrder, now: number): boolean {
  return state === 'received' || state === 'sending' || (nextAt ?? Infinity) <= now;
}

/** Marks the outcome of the current attempt as unknown. From now on only the PSP can tell that the attempt had no effect. */
export function unsure({ unsureSince, sentAt }: StoredOrder, event: string): OrderChange {
  return {
    set: { state: 'unknown', unsureSince: unsureSince ?? sentAt, sentAt: undefined, refusedAt: undefined },
    event,
  };
}

/**
 * Tells whether sending is safe: the PSP has seen no attempt, or it still recognises the key. The PSP's memory is counted from the
 * first attempt that it may have seen.
 */
export function maySend(order: StoredOrder, { now, connector, pace }: Circumstances): boolean {
  if (order.unsureSince === undefined) return true;
  const { remembersFor } = connector.terms;
  if (ranBack(order.unsureSince, now, pace)) return remembersFor === Infinity;
  const margin = Math.min(remembersFor / 10, 3_600_000) + pace.sendDeadline;
  return now + margin < order.unsureSince + remembersFor;
}

export function canFind({ connector }: Circumstances): boolean {
  return connector.psp.findOrder !== undefined;
}

/** Starts an attempt. The lease lasts for the PSP call and the write after it. If this process dies, another process takes over when it expires. */
export function send(order: StoredOrder, by: Circumstances): Taken {
  const attempts = order.attempts + 1;
  const set = { ...lease(order, by), state: 'sending' as const, sentAt: by.now, attempts };
  return { change: { set, event: `attempt ${attempts} to send it` }, task: 'send' };
}

function find({ set, event }: OrderChange, order: StoredOrder, by: Circumstances): Taken {
  return {
    change: { set: { ...set, ...lease(order, by) }, ...(event === undefined ? {} : { event }) },
    task: 'find',
  };
}

/** Handles an order whose outcome is unknown: looks it up at the PSP, or sends it again where the PSP recognises the repeat. */
function look(change: OrderChange, before: StoredOrder, by: Circumstances): Taken {
  const order = { ...before, ...change.set };
  if (canFind(by)) return find(change, order, by);
  if (maySend(order, by))
    return after(change, by.closedUntil > by.now ? { change: untilOpen(by) } : send(order, by));
  return { change: { ...change, set: { ...change.set, ...released, nextAt: undefined } } };
}

/** Merges a change into a decision that was made on top of it. */
function after({ set }: OrderChange, taken: Taken): Taken {
  return { ...taken, change: { ...taken.change, set: { ...set, ...taken.change.set } } };
}

/** Marks an order as waiting until the PSP's throttling ends. */
function wait(by: Circumstances): Taken {
  const { set } = untilOpen(by);
  return {
    change: { set: { ...set, state: 'waiting' }, event: 'it waits: the PSP takes no orders for the moment' },
  };
}

/** Schedules the order for the end of the PSP's throttling, with jitter, and releases the lease. */
export function untilOpen({ now, closedUntil, pace }: Circumstances): OrderChange {
  const nextAt = closedUntil + pauseFor(0, Math.random() * pace.firstPause, pace.firstPause);
  return { set: { ...released, nextAt: Math.max(Math.ceil(nextAt), now + 1) } };
}

function lease(order: StoredOrder, { now, pace, holder }: Circumstances) {
  const leasedUntil = now + pace.lease;
  return { holder: holderText(holder), leasedUntil, nextAt: leasedUntil, fence: order.fence + 1 };
}

/** Columns of an order without a lease. */
export const released = { holder: undefined, leasedUntil: 0 };
