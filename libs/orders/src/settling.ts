/** What an attempt or a look means for its order. Pure. */
import type { PspError } from '@tributary/connector-api';
import type { OrderChange, StoredOrder } from '@tributary/feed';
import { nextFollow, observe } from './observing.js';
import { detailsOf, withDetails } from './order-details.js';
import type { Circumstances, Outcome, Task } from './orders.types.js';
import { pauseFor } from './pace.js';
import { canFind, maySend, released, send, unsure, untilOpen, type Taken } from './taking.js';

/** @param task as it was taken on */
export function settle(
  order: StoredOrder,
  task: Task,
  outcome: Outcome,
  by: Circumstances,
): Taken | undefined {
  const isOurs = order.fence === task.order.fence;
  if (outcome.kind === 'result') {
    // What the PSP says is true whoever asked.
    const change = observe(order, outcome.result, { askedAt: outcome.askedAt }, by);
    return { change: isOurs ? { ...change, set: { ...released, ...change.set } } : change };
  }
  // Somebody else has gone on with the order, and what we know is about an earlier state of it.
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

/** The PSP was asked whether what is final is true. Whoever could not ask it asks again: the listing says a thing only once. */
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

/** The one attempt that there was is refused: nothing has left. */
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
 * An earlier attempt may still be on its way to the PSP, and what refuses this one may have passed when it arrives: the refusal
 * counts only when the PSP still says nothing else some time later.
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

/** Nothing was taken, so what was known before the attempt is known after it. */
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

function afterLook(
  order: StoredOrder,
  outcome: Exclude<Outcome, { kind: 'result' }>,
  by: Circumstances,
): Taken {
  const { refusedAt } = order;
  const nothing = outcome.kind === 'nothing';
  const settled = refusedAt === undefined ? undefined : refusedAt + by.pace.settle;
  if (nothing && settled !== undefined) return { change: by.now >= settled ? confirm(order) : rest(settled) };
  // It waits for the PSP to take orders, however old it is: pauses that grow with its age are for looking.
  if (nothing && maySend(order, by))
    return by.closedUntil > by.now ? { change: untilOpen(by) } : send(order, by);
  return { change: { ...rest(nextLook(order, by)), ...eventOf(outcome) } };
}

/** The PSP refused it, and still knows nothing of it. */
function confirm(order: StoredOrder): OrderChange {
  const message = detailsOf(order).reason?.message ?? 'no reason given';
  return {
    set: { ...released, state: 'failed', nextAt: undefined },
    event: `the PSP refused it, and knows nothing of it: ${message}`,
  };
}

function rest(nextAt: number | undefined): OrderChange {
  return { set: { ...released, nextAt } };
}

/** When there is something to find out; `undefined` when there never is. */
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

/** The wrapper around plugins says where an error came from; clients need not read it. */
function wordsOf(error: PspError, path: string): string {
  return error.message.startsWith(`${path} `) ? error.message.replace(/^\S+ \w+: /, '') : error.message;
}
