/**
 * Index of the payments of orders in listing order. The journal line of an entry determines its timestamp. The current time determines
 * whether the entry is visible, and its state.
 */
import { executedAt, returnedAt, stateAt, type Payment } from './sandbox.payments.js';
import type { State } from './sandbox.slots.js';

/** Position of an entry: sorted by time, then by rank. */
export interface Place {
  /** Timestamp of the entry: ms since 1970, a whole second. */
  created: number;
  /** Unique and stable. */
  rank: number;
}

/** A row of the listing that results from an order: the payment itself, or its return. */
export interface Entry extends Place {
  payment: Payment;
  /** A return is a separate entry. The entry of the payment itself does not change. */
  isReturn: boolean;
}

/** Half-open time range from `from` to `to`, as visible at `now`. All in ms since 1970. */
export interface Window {
  from: number;
  to: number;
  now: number;
}

const SECOND = 1000;

export class Ledger {
  /** Accepted payments, in journal order. */
  readonly payments: Payment[] = [];
  private readonly entries: Entry[] = [];

  add(payment: Payment): void {
    const rank = 2 * this.payments.push(payment);
    this.insert({ payment, isReturn: false, created: wholeSecond(executedAt(payment)), rank });
    const returned = returnedAt(payment);
    if (returned === undefined) return;
    this.insert({ payment, isReturn: true, created: wholeSecond(returned), rank: rank + 1 });
  }

  /** Lists the visible entries with their states. @param last position after which the listing continues */
  *list({ from, to, now }: Window, newestFirst: boolean, last?: Place): Generator<[Entry, State]> {
    let first = this.placesBefore({ created: from, rank: 0 });
    let end = this.placesBefore({ created: to, rank: 0 });
    if (last && newestFirst) end = Math.min(end, this.placesBefore(last));
    if (last && !newestFirst) first = Math.max(first, this.placesBefore({ ...last, rank: last.rank + 1 }));
    for (let passed = 0; passed < end - first; passed++) {
      const entry = this.entries[newestFirst ? end - 1 - passed : first + passed]!;
      const state = stateOf(entry, now);
      if (state) yield [entry, state];
    }
  }

  /** Inserts an entry at its sorted position, which is nearly always the end. */
  private insert(entry: Entry): void {
    this.entries.splice(this.placesBefore(entry), 0, entry);
  }

  private placesBefore(place: Place): number {
    let [low, high] = [0, this.entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.entries[middle]!, place)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** @returns `undefined` while the entry is not visible */
function stateOf({ payment, isReturn }: Entry, now: number): State | undefined {
  const state = stateAt(payment, now);
  if (isReturn) return state === 'returned' ? 'refunded' : undefined;
  return state === 'returned' ? 'completed' : state;
}

function isBefore(one: Place, other: Place): boolean {
  return one.created === other.created ? one.rank < other.rank : one.created < other.created;
}

function wholeSecond(time: number): number {
  return Math.floor(time / SECOND) * SECOND;
}
