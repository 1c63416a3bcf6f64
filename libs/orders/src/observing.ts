/** Applies a status that the PSP reports, in a response or in its listing, to an order. A status never goes backwards. Pure. */
import type { OrderResult, OrderStatus } from '@tributary/connector-api';
import type { OrderChange, OrderState, StoredOrder } from '@tributary/feed';
import { detailsFrom, detailsOf, isDisputed, withDetails } from './order-details.js';
import type { Circumstances } from './orders.types.js';
import { pauseFor } from './pace.js';

/** Where a reported status comes from. */
export interface Observation {
  /** Time of the request to the PSP. Absent for a status from the listing, because its age is unknown. */
  askedAt?: number;
}

const STATES: Readonly<Record<OrderStatus, OrderState>> = {
  PENDING: 'pending',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  RETURNED: 'returned',
};

/** Returns the change of the order that follows from a result of the PSP. */
export function observe(
  order: StoredOrder,
  result: OrderResult,
  observation: Observation,
  by: Circumstances,
): OrderChange {
  const known = { pspId: order.pspId ?? result.id, details: answered(order, observation) };
  const after = { ...order, ...known };
  switch (verdict(order, STATES[result.status], observation, by)) {
    case 'new':
      return become(after, result, by);
    case 'known':
      return { set: { ...known, nextAt: nextFollow(after, by) } };
    case 'stale':
      return {
        set: { ...known, nextAt: nextFollow(after, by) },
        event: `${source(observation)} ${result.status}, which is older than what is known`,
      };
    case 'contradiction':
      // Look the order up again: the new response decides.
      return {
        set: { ...known, details: withDetails(order, { disputedAt: by.now }), nextAt: by.now },
        event: `${source(observation)} ${result.status}: asking again`,
      };
  }
}

/** Moves the order to the reported status. */
function become(order: StoredOrder, result: OrderResult, by: Circumstances): OrderChange {
  const state = STATES[result.status];
  const reason = result.reason
    ? ` (${[result.reason.code, result.reason.message].filter(Boolean).join(': ')})`
    : '';
  const set = {
    state,
    pspId: order.pspId,
    sentAt: undefined,
    refusedAt: undefined,
    details: detailsFrom(order, by.connector.plugin, result),
  };
  const other = order.pspId === result.id ? '' : `, under another id than before: ${result.id}`;
  return {
    set: { ...set, nextAt: nextFollow({ ...order, ...set }, by) },
    event: `the PSP says ${result.status}${reason}${other}`,
  };
}

/** How a reported status relates to the stored one. */
type Verdict = 'new' | 'known' | 'stale' | 'contradiction';

function verdict(order: StoredOrder, next: OrderState, observation: Observation, by: Circumstances): Verdict {
  switch (order.state) {
    case 'received':
    case 'waiting':
    case 'sending':
    case 'unknown':
      return 'new';
    case 'pending':
      return next === 'pending' ? 'known' : 'new';
    case 'succeeded':
      if (next === 'returned') return 'new';
      return next === 'failed' ? correction(order, observation, by) : next === 'pending' ? 'stale' : 'known';
    case 'failed':
      if (next === 'failed') return 'known';
      // The order failed because the PSP declined it, or because an operator said so. Now the PSP has it after all.
      if (order.pspId === undefined) return 'new';
      // RETURNED contradicts `failed` too: the order had succeeded before, and no lookup saw that status.
      return next === 'pending' ? 'stale' : correction(order, observation, by);
    case 'returned':
      return next === 'returned' ? 'known' : 'stale';
  }
}

/**
 * Classifies a final status that differs from the stored final status. Either the PSP corrects itself, or an old report arrived
 * late. Only a lookup that started after the last change can tell.
 */
function correction(order: StoredOrder, { askedAt }: Observation, { connector }: Circumstances): Verdict {
  if (askedAt !== undefined) return askedAt > order.changedAt ? 'new' : 'contradiction';
  return connector.psp.findOrder ? 'contradiction' : 'new';
}

/** Returns the details. Ends the dispute if the lookup started after the dispute began. */
function answered(order: StoredOrder, { askedAt = -Infinity }: Observation): string {
  const { disputedAt } = detailsOf(order);
  return disputedAt !== undefined && askedAt >= disputedAt
    ? withDetails(order, { disputedAt: undefined })
    : order.details;
}

/** Returns the time of the next status lookup of a pending or disputed order, or `undefined` when none is needed or possible. */
export function nextFollow(order: StoredOrder, { now, pace, connector }: Circumstances): number | undefined {
  if (!connector.psp.findOrder) return undefined;
  if (order.state !== 'pending') return isDisputed(order) ? now + pace.longestPause : undefined;
  return now + pauseFor(now - order.createdAt, 2 * pace.firstPause, pace.longestFollow);
}

function source({ askedAt }: Observation): string {
  return askedAt === undefined ? 'the listing says' : 'the PSP says';
}
