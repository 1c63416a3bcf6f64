/** Computes the state change of an order from the outcome of an attempt or a lookup. Part of the state machine of `next-action.ts`. Pure. */
import type { PspError } from '@tributary/connector-api';
import type { OrderChange, StoredOrder } from '@tributary/feed';
import { nextFollow, observe } from './observing.js';
import { detailsOf, withDetails } from './order-details.js';
import type { Circumstances, Outcome, Task } from './orders.types.js';
import { pauseFor } from './pace.js';
import { canFind, maySend, released, send, unsure, untilOpen, type Taken } from './taking.js';

/**
 * Applies the outcome of an action to its order.
 * @param task the action, with the order as it was when the action started
 * @returns `undefined` when the outcome no longer matters, because another process has taken the order over
 */
export function settle(
  order: StoredOrder,
  task: Task,
  outcome: Outcome,
  by: Circumstances,
): Taken | undefined {
  const isOurs = order.fence === task.order.fence;
  if (outcome.kind === 'result') {
    // A status of the PSP is valid even if this process has lost the lease.
    const change = observe(order, outcome.result, { askedAt: outcome.askedAt }, by);
    return { change: isOurs ? { ...change, set: { ...released, ...change.set } } : change };
  }
  // Another process has taken the order over. This outcome belongs to an earlier state of the order.
  if (!isOurs) return undefined;
  switch (order.state) {
    case 'sending':
      return { change: afterAttempt(order, outcome, by) };
    case 'unknown':
      return afterLook(order, outcome, by);
    case 'received':
    case 'waiting':
    case 'pending':
      return { change: { ...rest(nextLook(order, by)), ...eventOf(outcome) } };
    case 'succeeded':
    case 'failed':
    case 'returned':
      return { change: afterDispute(order, outcome, by) };
  }
}

/**
 * Handles a lookup that should confirm a disputed final status. If the lookup failed, it is scheduled again, because the PSP's
 * listing reports the contradiction only once.
 */
function afterDispute(
  order: StoredOrder,
  outcome: Exclude<Outcome, { kind: 'result' }>,
  by: Circumstances,
): OrderChange {
  const isOver = outcome.kind === 'nothing';
  const details = isOver ? withDetails(order, { disputedAt: undefined }) : order.details;
  const { set } = rest(nextLook({ ...order, details }, by));
  return { set: { ...set, details }, ...eventOf(outcome) };
}

/** Handles an attempt that returned no result. */
function afterAttempt(
  order: StoredOrder,
  outcome: Exclude<Outcome, { kind: 'result' }>,
  by: Circumstances,
): OrderChange {
  switch (outcome.kind) {
    case 'refused':
      return order.unsureSince === undefined
        ? fail(order, outcome.error, by)
        : doubt(order, outcome.error, by);
    case 'not-taken':
      return postpone(order, outcome.error, by);
    case 'nothing':
    case 'unclear': {
      const { set, ...change } = unsure(order, eventOf(outcome).event);
      return { ...change, set: { ...set, ...released, nextAt: nextLook({ ...order, ...set }, by) } };
    }
  }
}

/** Fails an order whose only attempt was declined. No money has left. */
function fail(order: StoredOrder, error: PspError, { connector }: Circumstances): OrderChange {
  const reason = { by: connector.plugin, code: codeOf(error), message: wordsOf(error, connector.path) };
  return {
    set: {
      ...released,
      state: 'failed',
      sentAt: undefined,
      nextAt: undefined,
      details: withDetails(order, { reason }),
    },
    event: `the PSP refused it: ${reason.message}`,
  };
}

/**
 * Handles a declined repeat. The earlier attempt may still be on its way to the PSP, and the PSP may accept it when it arrives.
 * The order therefore fails only if the PSP reports nothing else within `declineConfirmationMs`.
 */
function doubt(order: StoredOrder, error: PspError, by: Circumstances): OrderChange {
  const { connector, now, pace } = by;
  const reason = { by: connector.plugin, code: codeOf(error), message: wordsOf(error, connector.path) };
  const refusedAt = order.refusedAt ?? now;
  const failed = fail(order, error, by);
  if (now >= refusedAt + pace.settle) return failed;
  return {
    set: {
      ...released,
      state: 'unknown',
      sentAt: undefined,
      refusedAt,
      nextAt: refusedAt + pace.settle,
      details: withDetails(order, { reason }),
    },
    event: `the PSP refused a repeat: ${reason.message}; the first attempt may still arrive`,
  };
}

/** Schedules another attempt. The PSP did not accept this one, so earlier knowledge about the order stays valid. */
function postpone(order: StoredOrder, error: PspError, by: Circumstances): OrderChange {
  const { now, pace } = by;
  const retryAfter = Math.min(error.details.retryAfter ?? 0, pace.longestFollow);
  const longest = error.kind === 'unauthorized' ? pace.unauthorizedPause : pace.longestPause;
  const pause = Math.max(retryAfter, pauseFor(now - order.createdAt, pace.firstPause, longest));
  const state = order.unsureSince === undefined ? 'waiting' : 'unknown';
  return {
    set: { ...released, state, sentAt: undefined, nextAt: Math.ceil(now + pause) },
    event: `the PSP did not take it: ${error.message}`,
  };
}

/** Handles a lookup of an order with an unknown outcome. A declined order fails, an order that the PSP does not know is sent again. */
function afterLook(
  order: StoredOrder,
  outcome: Exclude<Outcome, { kind: 'result' }>,
  by: Circumstances,
): Taken {
  const { refusedAt } = order;
  const nothing = outcome.kind === 'nothing';
  const settled = refusedAt === undefined ? undefined : refusedAt + by.pace.settle;
  if (nothing && settled !== undefined) return { change: by.now >= settled ? confirm(order) : rest(settled) };
  // The order is sent as soon as the throttling ends, however old it is. Only lookups have delays that grow with the age.
  if (nothing && maySend(order, by))
    return by.closedUntil > by.now ? { change: untilOpen(by) } : send(order, by);
  return { change: { ...rest(nextLook(order, by)), ...eventOf(outcome) } };
}

/** Fails an order that the PSP declined and still does not know. */
function confirm(order: StoredOrder): OrderChange {
  const message = detailsOf(order).reason?.message ?? 'no reason given';
  return {
    set: { ...released, state: 'failed', nextAt: undefined },
    event: `the PSP refused it, and knows nothing of it: ${message}`,
  };
}

/** Releases the lease until the order is due again. */
function rest(nextAt: number | undefined): OrderChange {
  return { set: { ...released, nextAt } };
}

/** Returns the time of the next lookup, or `undefined` when no lookup can help. */
export function nextLook(order: StoredOrder, by: Circumstances): number | undefined {
  const { now, pace } = by;
  switch (order.state) {
    case 'received':
    case 'waiting':
      return order.nextAt ?? now;
    case 'sending':
      return order.leasedUntil;
    case 'unknown': {
      const age = now - (order.unsureSince ?? order.createdAt);
      return canFind(by) || maySend(order, by)
        ? now + pauseFor(age, pace.firstPause, pace.longestPause)
        : undefined;
    }
    case 'pending':
    case 'succeeded':
    case 'failed':
    case 'returned':
      return nextFollow(order, by);
  }
}

function eventOf(outcome: Exclude<Outcome, { kind: 'result' }>): { event: string } {
  switch (outcome.kind) {
    case 'nothing':
      return { event: 'the PSP knows nothing of it' };
    case 'refused':
    case 'not-taken':
    case 'unclear':
      return { event: `no word from the PSP: ${outcome.error.message}` };
  }
}

function codeOf({ details }: PspError): string {
  return details.status === undefined ? 'rejected' : `rejected_${details.status}`;
}

/** Returns the error message for clients. Removes the prefix that the plugin caller adds, `<connector path> <method>: `. */
function wordsOf(error: PspError, path: string): string {
  return error.message.startsWith(`${path} `) ? error.message.replace(/^\S+ \w+: /, '') : error.message;
}
