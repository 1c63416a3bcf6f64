/** People are told, once, of an order that nobody can tell the outcome of for long. Pure. */
import type { OrderChange, OrderState, StoredOrder } from '@tributary/feed';
import type { OrderConnector } from './orders.types.js';

/** Neither final, nor in the PSP's hands. */
export const UNSETTLED: readonly OrderState[] = ['received', 'waiting', 'sending', 'unknown'];

/** Not final. */
export const OPEN: readonly OrderState[] = [...UNSETTLED, 'pending'];

/** Adds to a change that people are told now, or that somebody looks when it is time to. */
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
