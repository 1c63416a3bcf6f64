/**
 * Handles a store clock that was set back. The age of an attempt is then unknown, so it is also unknown whether the PSP still recognises a
 * repeat. Such an attempt is treated as too old to be repeated, even after the clock is right again. The functions have no side effects.
 */
import type { MutableOrderFields, OrderChange, StoredOrder } from '@tributary/feed';
import type { OrderTimings } from './order-timings.js';

/** The value that is stored for a time that is unknown. */
export const UNKNOWN_TIME = 0;

/** Returns true if a time is further in the future than the clocks of two gateways can differ. */
export function isInFuture(time: number | undefined, now: number, { sendTimeoutMs }: OrderTimings): boolean {
  return (time ?? UNKNOWN_TIME) > now + sendTimeoutMs;
}

/** Adds to a change: attempt times that are in the future are permanently replaced by `UNKNOWN_TIME`. */
export function discardFutureTimestamps(
  order: StoredOrder,
  change: OrderChange,
  now: number,
  timings: OrderTimings,
): OrderChange {
  const { sentAt, outcomeUnknownSince } = { ...order, ...change.set };
  const set: Partial<MutableOrderFields> = { ...change.set };
  if (isInFuture(sentAt, now, timings)) set.sentAt = UNKNOWN_TIME;
  if (isInFuture(outcomeUnknownSince, now, timings)) set.outcomeUnknownSince = UNKNOWN_TIME;
  return { ...change, set };
}

/**
 * Makes an order due now if one of its times is in the future.
 * @returns `undefined` if no time is in the future
 */
export function recheckAfterClockRollback(
  order: StoredOrder,
  now: number,
  timings: OrderTimings,
): OrderChange | undefined {
  const { createdAt, sentAt, outcomeUnknownSince } = order;
  if (![createdAt, sentAt, outcomeUnknownSince].some((time) => isInFuture(time, now, timings)))
    return undefined;
  return {
    set: { nextActionAt: now },
    event: 'the clock went back: the age of the earlier attempts is unknown',
  };
}
