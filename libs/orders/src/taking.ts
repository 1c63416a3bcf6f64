/** Who takes an order on, and for what. Pure: what is decided here is durable before anything is done about it. */
import { hasDied, holderText, type LeaseHolder, type OrderChange, type StoredOrder } from '@tributary/feed';
import { ranBack } from './clock-steps.js';
import { isDisputed } from './order-details.js';
import type { Circumstances, Task } from './orders.types.js';
import { pauseFor } from './pace.js';

export interface Taken {
  change: OrderChange;
  task?: Task['do'];
}

const rest: Taken = { change: { set: { nextAt: undefined } } };

/** No lease is longer: one that seems to be was taken by a clock that was wrong. */
const LONGEST_LEASE = 3_600_000;

/** @returns `undefined` when there is nothing to do, or somebody else does it. */
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
      // Clients may hear of it now, which every change sees to; or somebody has to tell whether it is true.
      return isDisputed(order) && canFind(by) ? find({ set: {} }, order, by) : rest;
  }
}

export function isHeld({ holder, leasedUntil }: StoredOrder, by: LeaseHolder, now: number): boolean {
  if (holder === undefined || leasedUntil <= now || leasedUntil > now + LONGEST_LEASE) return false;
  return !hasDied(holder, by);
}

/** A new order does not wait to be found due, nor does one whose sender is gone. */
function isDue({ state, nextAt }: StoredOrder, now: number): boolean {
  return state === 'received' || state === 'sending' || (nextAt ?? Infinity) <= now;
}

/** The attempt under way may have left: from now on nobody may say that it did not, unless the PSP does. */
export function unsure({ unsureSince, sentAt }: StoredOrder, event: string): OrderChange {
  return {
    set: { state: 'unknown', unsureSince: unsureSince ?? sentAt, sentAt: undefined, refusedAt: undefined },
    event,
  };
}

/** A repeat with the same key, while the PSP surely recognises it. The clock runs from the first attempt that it may have seen. */
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

/** The lease covers the call and what is written after it; who dies meanwhile leaves the order to others when it is over. */
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

/** Of an order whose outcome is unknown: the PSP is asked, or gets it once more where it can tell a repeat. */
function look(change: OrderChange, before: StoredOrder, by: Circumstances): Taken {
  const order = { ...before, ...change.set };
  if (canFind(by)) return find(change, order, by);
  if (maySend(order, by))
    return after(change, by.closedUntil > by.now ? { change: untilOpen(by) } : send(order, by));
  return { change: { ...change, set: { ...change.set, ...released, nextAt: undefined } } };
}

/** Two changes in one: the second knew of the first. */
function after({ set }: OrderChange, taken: Taken): Taken {
  return { ...taken, change: { ...taken.change, set: { ...set, ...taken.change.set } } };
}

function wait(by: Circumstances): Taken {
  const { set } = untilOpen(by);
  return {
    change: { set: { ...set, state: 'waiting' }, event: 'it waits: the PSP takes no orders for the moment' },
  };
}

/** Soon after the PSP takes orders again, not all at once. */
export function untilOpen({ now, closedUntil, pace }: Circumstances): OrderChange {
  const nextAt = closedUntil + pauseFor(0, Math.random() * pace.firstPause, pace.firstPause);
  return { set: { ...released, nextAt: Math.max(Math.ceil(nextAt), now + 1) } };
}

function lease(order: StoredOrder, { now, pace, holder }: Circumstances) {
  const leasedUntil = now + pace.lease;
  return { holder: holderText(holder), leasedUntil, nextAt: leasedUntil, fence: order.fence + 1 };
}

export const released = { holder: undefined, leasedUntil: 0 };
