/**
 * A clock that goes back hides how long ago an attempt was, and with it whether the PSP still recognises a repeat. Such an attempt
 * counts as older than anybody remembers, also when the clock has caught up. Pure.
 */
import type { OrderChange, StoredOrder } from '@tributary/feed';
import type { OrderPace } from './pace.js';

/** In place of a time that nobody knows. */
export const LONG_AGO = 0;

/** Whether a time lies further ahead than the clocks of gateways may be apart. */
export function ranBack(time: number | undefined, now: number, { sendDeadline }: OrderPace): boolean {
  return (time ?? LONG_AGO) > now + sendDeadline;
}

/** Adds to a change that times of attempts which lie ahead are not believed, now or later. */
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

/** Of an order that was begun before the clock went back; `undefined` where nothing about it lies ahead. */
export function lookAgain(order: StoredOrder, now: number, pace: OrderPace): OrderChange | undefined {
  const { createdAt, sentAt, unsureSince } = order;
  if (![createdAt, sentAt, unsureSince].some((time) => ranBack(time, now, pace))) return undefined;
  return {
    set: { nextAt: now },
    event: 'the clock went back: nobody knows how long ago what came before was',
  };
}
