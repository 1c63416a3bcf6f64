/**
 * Applies a status that the PSP reports, in a response or in its listing, to an order. A final status never becomes pending again. The
 * functions have no side effects.
 */
import type { OrderResult, OrderStatus } from '@tributary/connector-api';
import type { MutableOrderFields, OrderChange, OrderState, StoredOrder } from '@tributary/feed';
import { buildDetails, parseDetails, isDisputed, mergeDetails } from '../model/stored-order-details.js';
import type { DecisionContext } from './state-machine.types.js';
import { getDelayForAge } from './order-timings.js';

/** When the gateway requested the status from the PSP. */
export interface StatusRequestTime {
  /**
   * The time of the request to the PSP, in milliseconds since 1970. It is absent for a status from the listing, because the age of such a
   * status is unknown.
   */
  askedAt?: number;
}

const STATE_BY_PSP_STATUS: Readonly<Record<OrderStatus, OrderState>> = {
  PENDING: 'pending',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  RETURNED: 'returned',
};

/** Returns the change of the order that follows from a result of the PSP. */
export function applyPspStatus(
  order: StoredOrder,
  result: OrderResult,
  source: StatusRequestTime,
  context: DecisionContext,
): OrderChange {
  const identityAndDetails: Partial<MutableOrderFields> = {
    pspId: order.pspId ?? result.id,
    details: clearAnsweredDispute(order, source),
  };
  const after = { ...order, ...identityAndDetails };
  switch (compareStatus(order, STATE_BY_PSP_STATUS[result.status], source, context)) {
    case 'new':
      return changeStatus(after, result, context);
    case 'unchanged':
      return { set: { ...identityAndDetails, nextActionAt: getNextStatusPollTime(after, context) } };
    case 'stale':
      return {
        set: { ...identityAndDetails, nextActionAt: getNextStatusPollTime(after, context) },
        event: `${sourceLabel(source)} ${result.status}, which is older than what is known`,
      };
    case 'contradiction':
      // The order is looked up again, and the response of the PSP decides which status is right.
      return {
        set: {
          ...identityAndDetails,
          details: mergeDetails(order, { disputedAt: context.now }),
          nextActionAt: context.now,
        },
        event: `${sourceLabel(source)} ${result.status}: asking again`,
      };
  }
}

/** Returns the change that gives the order the reported status. */
function changeStatus(order: StoredOrder, result: OrderResult, context: DecisionContext): OrderChange {
  const state = STATE_BY_PSP_STATUS[result.status];
  const reason = result.reason
    ? ` (${[result.reason.code, result.reason.message].filter(Boolean).join(': ')})`
    : '';
  const set: Partial<MutableOrderFields> = {
    state,
    pspId: order.pspId,
    sentAt: undefined,
    declinedAt: undefined,
    details: buildDetails(order, context.connector.plugin, result),
  };
  const idChange = order.pspId === result.id ? '' : `, under another id than before: ${result.id}`;
  return {
    set: { ...set, nextActionAt: getNextStatusPollTime({ ...order, ...set }, context) },
    event: `the PSP says ${result.status}${reason}${idChange}`,
  };
}

/** How a reported status relates to the stored status. */
type StatusComparison = 'new' | 'unchanged' | 'stale' | 'contradiction';

function compareStatus(
  order: StoredOrder,
  next: OrderState,
  source: StatusRequestTime,
  context: DecisionContext,
): StatusComparison {
  switch (order.state) {
    case 'received':
    case 'waiting':
    case 'sending':
    case 'unknown':
      return 'new';
    case 'pending':
      return next === 'pending' ? 'unchanged' : 'new';
    case 'succeeded':
      if (next === 'returned') return 'new';
      return next === 'failed'
        ? classifyCorrection(order, source, context)
        : next === 'pending'
          ? 'stale'
          : 'unchanged';
    case 'failed':
      if (next === 'failed') return 'unchanged';
      // The order failed because the PSP declined it, or because an operator set it to failed. Now the PSP reports that it has the order.
      if (order.pspId === undefined) return 'new';
      // RETURNED also contradicts `failed`: the order had succeeded before the return, and no lookup returned that status.
      return next === 'pending' ? 'stale' : classifyCorrection(order, source, context);
    case 'returned':
      return next === 'returned' ? 'unchanged' : 'stale';
  }
}

/**
 * Decides what it means if a final status differs from the stored final status. Either the PSP corrects its status, or an old report arrived
 * late. Only a lookup that started after the last change shows which case it is.
 */
function classifyCorrection(
  order: StoredOrder,
  { askedAt }: StatusRequestTime,
  { connector }: DecisionContext,
): StatusComparison {
  if (askedAt !== undefined) return askedAt > order.changedAt ? 'new' : 'contradiction';
  return connector.client.findOrder ? 'contradiction' : 'new';
}

/** Returns the details of the order. If the lookup started after the dispute about the status began, the dispute is removed. */
function clearAnsweredDispute(order: StoredOrder, { askedAt = -Infinity }: StatusRequestTime): string {
  const { disputedAt } = parseDetails(order);
  return disputedAt !== undefined && askedAt >= disputedAt
    ? mergeDetails(order, { disputedAt: undefined })
    : order.details;
}

/** Returns the time of the next status lookup of a pending or disputed order, or `undefined` when no lookup is needed or possible. */
export function getNextStatusPollTime(
  order: StoredOrder,
  { now, timings, connector }: DecisionContext,
): number | undefined {
  if (!connector.client.findOrder) return undefined;
  if (order.state !== 'pending') return isDisputed(order) ? now + timings.maxDelayMs : undefined;
  return (
    now + getDelayForAge(now - order.createdAt, 2 * timings.initialDelayMs, timings.maxStatusPollIntervalMs)
  );
}

function sourceLabel({ askedAt }: StatusRequestTime): string {
  return askedAt === undefined ? 'the listing says' : 'the PSP says';
}
