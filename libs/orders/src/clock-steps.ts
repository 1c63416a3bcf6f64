/**
 * Handles a store clock that was set back. The age of an attempt is then unknown, and so is whether the PSP still recognises a
 * repeat. Such an attempt counts as older than any PSP remembers, even after the clock has caught up. Pure.
 */
import type { OrderChange, StoredOrder } from '@tributary/feed';
import type { OrderPace } from './pace.js';

/** Stored in place of a time that is unknown. */
export const LONG_AGO = 0;

/** Tells whether a time is further in the future than the clocks of two gateways can differ. */
export function ranBack(time: number | undefined, now: number, { sendDeadline }: OrderPace): boolean {
  return (time ?? LONG_AGO) > now + sendDeadline;
}

/** Extends a change: replaces attempt times that are in the future with `UNKNOWN_TIME`, for good. */
export function withTrueTimes(
  order: StoredOrder,
  change: OrderChange,
  now: number,
  pace: OrderPace,
): OrderChange {
  const { sentAt, unsureSince } = { ...order, ...change.set };
  return {
    ...change,
    set: {
      ...change.set,
      ...(ranBack(sentAt, now, pace) ? { sentAt: LONG_AGO } : {}),
      ...(ranBack(unsureSince, now, pace) ? { unsureSince: LONG_AGO } : {}),
    },
  };
}

/** Makes an order due now if one of its times is in the future. Returns `undefined` otherwise. */
export function lookAgain(order: StoredOrder, now: number, pace: OrderPace): OrderChange | undefined {
  const { createdAt, sentAt, unsureSince } = order;
  if (![createdAt, sentAt, unsureSince].some((time) => ranBack(time, now, pace))) return undefined;
  return {
    set: { nextAt: now },
    event: 'the clock went back: nobody knows how long ago what came before was',
  };
}
