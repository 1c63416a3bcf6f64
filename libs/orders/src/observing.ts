/** What the PSP says of an order, by an answer or in its listing. A status never goes backwards. Pure. */
import type { OrderResult, OrderStatus } from '@tributary/connector-api';
import type { OrderChange, OrderState, StoredOrder } from '@tributary/feed';
import { detailsFrom, detailsOf, isDisputed, withDetails } from './order-details.js';
import type { Circumstances } from './orders.types.js';
import { pauseFor } from './pace.js';

export interface Observation {
  /** When the PSP was asked; absent for what its listing says, whose age nobody knows. */
  askedAt?: number;
}

const STATES: Readonly<Record<OrderStatus, OrderState>> = {
  PENDING: 'pending',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  RETURNED: 'returned',
};

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
      // The PSP is asked again: what it says now is true.
      return {
        set: { ...known, details: withDetails(order, { disputedAt: by.now }), nextAt: by.now },
        event: `${source(observation)} ${result.status}: asking again`,
      };
  }
}

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
      // We said so because the PSP had refused it, or a person had looked; now the PSP has it.
      if (order.pspId === undefined) return 'new';
      // RETURNED, too, says that it had left: that it succeeded may have passed unseen.
      return next === 'pending' ? 'stale' : correction(order, observation, by);
    case 'returned':
      return next === 'returned' ? 'known' : 'stale';
  }
}

/**
 * One final status after another. The PSP may correct itself; or what we see was said before what we know, and arrived later. Only
 * an answer to a question that was asked since can tell.
 */
function correction(order: StoredOrder, { askedAt }: Observation, { connector }: Circumstances): Verdict {
  if (askedAt !== undefined) return askedAt > order.changedAt ? 'new' : 'contradiction';
  return connector.psp.findOrder ? 'contradiction' : 'new';
}

/** An answer to a question that was asked after the dispute began ends it. */
function answered(order: StoredOrder, { askedAt = -Infinity }: Observation): string {
  const { disputedAt } = detailsOf(order);
  return disputedAt !== undefined && askedAt >= disputedAt
    ? withDetails(order, { disputedAt: undefined })
    : order.details;
}

/** When the PSP is asked how an order goes on that it has, or whether a final status is true; `undefined` when there is nothing to ask. */
export function nextFollow(order: StoredOrder, { now, pace, connector }: Circumstances): number | undefined {
  if (!connector.psp.findOrder) return undefined;
  if (order.state !== 'pending') return isDisputed(order) ? now + pace.longestPause : undefined;
  return now + pauseFor(now - order.createdAt, 2 * pace.firstPause, pace.longestFollow);
}

function source({ askedAt }: Observation): string {
  return askedAt === undefined ? 'the listing says' : 'the PSP says';
}
