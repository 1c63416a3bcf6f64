/** Marks an order as overdue, once, when the PSP has not confirmed it for too long. The mark makes operators see an alert. Pure. */
import type { OrderChange, OrderState, StoredOrder } from '@tributary/feed';
import type { OrderConnector } from './orders.types.js';

/** States of orders that are not final and that the PSP has not confirmed. */
export const UNSETTLED: readonly OrderState[] = ['received', 'waiting', 'sending', 'unknown'];

/** States of orders that are not final. */
export const OPEN: readonly OrderState[] = [...UNSETTLED, 'pending'];

/** Extends a change: sets the time of the alert when it is due, or else schedules the order for the time when it will be due. */
export function withNotice(
  order: StoredOrder,
  change: OrderChange,
  now: number,
  { limits }: OrderConnector,
): OrderChange {
  const after = { ...order, ...change.set };
  if (after.shownAt !== undefined || !UNSETTLED.includes(after.state)) return change;
  const due = after.createdAt + limits.unknownAfter;
  if (now >= due) return { ...change, set: { ...change.set, shownAt: now } };
  return { ...change, set: { ...change.set, nextAt: Math.min(after.nextAt ?? Infinity, due) } };
}
