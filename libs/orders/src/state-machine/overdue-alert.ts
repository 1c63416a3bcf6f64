/**
 * Marks an order as overdue, once, if the PSP has not confirmed the order for too long. The mark raises an alert for operators. The
 * functions have no side effects.
 */
import type { OrderChange, OrderState, StoredOrder } from '@tributary/feed';
import type { OrderConnector } from './state-machine.types.js';

/** The states of orders that are not final and that the PSP has not confirmed. */
export const UNCONFIRMED_STATES: readonly OrderState[] = ['received', 'waiting', 'sending', 'unknown'];

/** The states of orders that are not final. */
export const NON_FINAL_STATES: readonly OrderState[] = [...UNCONFIRMED_STATES, 'pending'];

/** Adds to a change the time of the alert if the alert is due. Otherwise it schedules the order for the time when the alert is due. */
export function markOverdue(
  order: StoredOrder,
  change: OrderChange,
  now: number,
  { limits }: OrderConnector,
): OrderChange {
  const after = { ...order, ...change.set };
  if (after.alertedAt !== undefined || !UNCONFIRMED_STATES.includes(after.state)) return change;
  const alertDueAt = after.createdAt + limits.alertAfterMs;
  if (now >= alertDueAt) return { ...change, set: { ...change.set, alertedAt: now } };
  return {
    ...change,
    set: { ...change.set, nextActionAt: Math.min(after.nextActionAt ?? Infinity, alertDueAt) },
  };
}
