/**
 * Computes the state change of an order from the outcome of an attempt or a lookup. The functions belong to the state machine in
 * `next-action.ts`, and have no side effects.
 */
import type { PspError } from '@tributary/connector-api';
import type { OrderChange, StoredOrder } from '@tributary/feed';
import { getNextStatusPollTime, applyPspStatus } from './apply-psp-status.js';
import { parseDetails, mergeDetails } from '../model/stored-order-details.js';
import type { DecisionContext, AttemptOutcome, OrderAction } from './state-machine.types.js';
import { getDelayForAge } from './order-timings.js';
import {
  supportsLookup,
  canSendSafely,
  RELEASED_LEASE,
  startAttempt,
  markOutcomeUnknown,
  deferWhileThrottled,
  type Decision,
} from './next-action.js';

/**
 * Applies the outcome of an action to its order.
 * @param action the action, with the order as it was when the action started
 * @returns `undefined` when the outcome is obsolete, because another process has taken over the order
 */
export function applyOutcome(
  order: StoredOrder,
  action: OrderAction,
  outcome: AttemptOutcome,
  context: DecisionContext,
): Decision | undefined {
  const isCurrentLease = order.fencingToken === action.order.fencingToken;
  if (outcome.kind === 'result') {
    // A status that the PSP returned is valid even if this process has lost its lease on the order.
    const change = applyPspStatus(order, outcome.result, { askedAt: outcome.askedAt }, context);
    return { change: isCurrentLease ? { ...change, set: { ...RELEASED_LEASE, ...change.set } } : change };
  }
  // Another process has taken over the order, so this outcome belongs to an earlier state of the order.
  if (!isCurrentLease) return undefined;
  switch (order.state) {
    case 'sending':
      return { change: applyAttemptOutcome(order, outcome, context) };
    case 'unknown':
      return applyLookupOutcome(order, outcome, context);
    case 'received':
    case 'waiting':
    case 'pending':
      return { change: { ...releaseUntil(getNextLookupTime(order, context)), ...describeOutcome(outcome) } };
    case 'succeeded':
    case 'failed':
    case 'returned':
      return { change: applyDisputeLookup(order, outcome, context) };
  }
}

/**
 * Handles the lookup of an order whose final status contradicts the PSP's listing. If the lookup failed, it is repeated, because the
 * listing reports the contradiction only once.
 */
function applyDisputeLookup(
  order: StoredOrder,
  outcome: Exclude<AttemptOutcome, { kind: 'result' }>,
  context: DecisionContext,
): OrderChange {
  const hasDisputeEnded = outcome.kind === 'not-found';
  const details = hasDisputeEnded ? mergeDetails(order, { disputedAt: undefined }) : order.details;
  const { set } = releaseUntil(getNextLookupTime({ ...order, details }, context));
  return { set: { ...set, details }, ...describeOutcome(outcome) };
}

/** Handles an attempt to send the order for which the PSP returned no result. */
function applyAttemptOutcome(
  order: StoredOrder,
  outcome: Exclude<AttemptOutcome, { kind: 'result' }>,
  context: DecisionContext,
): OrderChange {
  switch (outcome.kind) {
    case 'declined':
      return order.outcomeUnknownSince === undefined
        ? markFailed(order, outcome.error, context)
        : awaitDeclineConfirmation(order, outcome.error, context);
    case 'not-accepted':
      return retryLater(order, outcome.error, context);
    case 'not-found':
    case 'unknown': {
      const { set, ...change } = markOutcomeUnknown(order, describeOutcome(outcome).event);
      return {
        ...change,
        set: { ...set, ...RELEASED_LEASE, nextActionAt: getNextLookupTime({ ...order, ...set }, context) },
      };
    }
  }
}

/** Fails an order whose only attempt was declined. No money has left the account. */
function markFailed(order: StoredOrder, error: PspError, { connector }: DecisionContext): OrderChange {
  const reason = {
    by: connector.plugin,
    code: failureCode(error),
    message: failureMessage(error, connector.path),
  };
  return {
    set: {
      ...RELEASED_LEASE,
      state: 'failed',
      sentAt: undefined,
      nextActionAt: undefined,
      details: mergeDetails(order, { reason }),
    },
    event: `the PSP refused it: ${reason.message}`,
  };
}

/**
 * Handles a repeat that the PSP declined. The earlier attempt may still be on its way, and the PSP may accept it on arrival. The order
 * therefore fails only if the PSP reports no other result within `declineConfirmationMs`.
 */
function awaitDeclineConfirmation(
  order: StoredOrder,
  error: PspError,
  context: DecisionContext,
): OrderChange {
  const { connector, now, timings } = context;
  const reason = {
    by: connector.plugin,
    code: failureCode(error),
    message: failureMessage(error, connector.path),
  };
  const declinedAt = order.declinedAt ?? now;
  const failed = markFailed(order, error, context);
  if (now >= declinedAt + timings.declineConfirmationMs) return failed;
  return {
    set: {
      ...RELEASED_LEASE,
      state: 'unknown',
      sentAt: undefined,
      declinedAt,
      nextActionAt: declinedAt + timings.declineConfirmationMs,
      details: mergeDetails(order, { reason }),
    },
    event: `the PSP refused a repeat: ${reason.message}; the first attempt may still arrive`,
  };
}

/** Schedules another attempt. The PSP did not accept this attempt, so the stored information about earlier attempts does not change. */
function retryLater(order: StoredOrder, error: PspError, context: DecisionContext): OrderChange {
  const { now, timings } = context;
  const retryAfterMs = Math.min(error.details.retryAfterMs ?? 0, timings.maxStatusPollIntervalMs);
  const maxDelayMs = error.kind === 'unauthorized' ? timings.maxUnauthorizedDelayMs : timings.maxDelayMs;
  const delayMs = Math.max(
    retryAfterMs,
    getDelayForAge(now - order.createdAt, timings.initialDelayMs, maxDelayMs),
  );
  const state = order.outcomeUnknownSince === undefined ? 'waiting' : 'unknown';
  return {
    set: { ...RELEASED_LEASE, state, sentAt: undefined, nextActionAt: Math.ceil(now + delayMs) },
    event: `the PSP did not take it: ${error.message}`,
  };
}

/**
 * Handles the lookup of an order with an unknown outcome. If the PSP does not have the order, a declined order fails, and any other order
 * is sent again if this is safe.
 */
function applyLookupOutcome(
  order: StoredOrder,
  outcome: Exclude<AttemptOutcome, { kind: 'result' }>,
  context: DecisionContext,
): Decision {
  const { declinedAt } = order;
  const isNotFound = outcome.kind === 'not-found';
  const declineValidFrom =
    declinedAt === undefined ? undefined : declinedAt + context.timings.declineConfirmationMs;
  if (isNotFound && declineValidFrom !== undefined)
    return {
      change: context.now >= declineValidFrom ? confirmDecline(order) : releaseUntil(declineValidFrom),
    };
  // The order is sent as soon as the PSP's rate limit allows it, however old the order is. Only the delays between lookups grow with the
  // age.
  if (isNotFound && canSendSafely(order, context))
    return context.throttledUntil > context.now
      ? { change: deferWhileThrottled(context) }
      : startAttempt(order, context);
  return { change: { ...releaseUntil(getNextLookupTime(order, context)), ...describeOutcome(outcome) } };
}

/** Fails an order that the PSP declined and that the PSP still does not have. */
function confirmDecline(order: StoredOrder): OrderChange {
  const message = parseDetails(order).reason?.message ?? 'no reason given';
  return {
    set: { ...RELEASED_LEASE, state: 'failed', nextActionAt: undefined },
    event: `the PSP refused it, and knows nothing of it: ${message}`,
  };
}

/** Releases the lease on the order until its next action is due. */
function releaseUntil(nextActionAt: number | undefined): OrderChange {
  return { set: { ...RELEASED_LEASE, nextActionAt } };
}

/** Returns the time of the next lookup, or `undefined` when no lookup can help. */
function getNextLookupTime(order: StoredOrder, context: DecisionContext): number | undefined {
  const { now, timings } = context;
  switch (order.state) {
    case 'received':
    case 'waiting':
      return order.nextActionAt ?? now;
    case 'sending':
      return order.leasedUntil;
    case 'unknown': {
      const ageMs = now - (order.outcomeUnknownSince ?? order.createdAt);
      return supportsLookup(order, context) || canSendSafely(order, context)
        ? now + getDelayForAge(ageMs, timings.initialDelayMs, timings.maxDelayMs)
        : undefined;
    }
    case 'pending':
    case 'succeeded':
    case 'failed':
    case 'returned':
      return getNextStatusPollTime(order, context);
  }
}

function describeOutcome(outcome: Exclude<AttemptOutcome, { kind: 'result' }>): { event: string } {
  switch (outcome.kind) {
    case 'not-found':
      return { event: 'the PSP knows nothing of it' };
    case 'declined':
    case 'not-accepted':
    case 'unknown':
      return { event: `no word from the PSP: ${outcome.error.message}` };
  }
}

function failureCode({ details }: PspError): string {
  return details.status === undefined ? 'rejected' : `rejected_${details.status}`;
}

/** Returns the error message for clients. The prefix `<connector path> <method>: `, which the plugin caller adds, is removed. */
function failureMessage(error: PspError, connectorPath: string): string {
  return error.message.startsWith(`${connectorPath} `)
    ? error.message.replace(/^\S+ \w+: /, '')
    : error.message;
}
