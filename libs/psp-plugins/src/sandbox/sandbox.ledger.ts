/**
 * The payments in the order in which they are listed. What time an entry carries is known from its line in the journal; whether it can be
 * seen, and in which state, depends on when one looks.
 */
import { executedAt, returnedAt, stateAt, type Payment } from './sandbox.payments.js';
import type { State } from './sandbox.slots.js';

/** Where an entry stands: by time, then by rank. */
export interface Place {
  /** The time that the entry carries: milliseconds since 1970, in whole seconds. */
  created: number;
  /** Unique, and the same for ever. */
  rank: number;
}

/** Something that the listing has because of an order: the payment itself, or its return. */
export interface Entry extends Place {
  payment: Payment;
  /** As elsewhere at this PSP, what came back is an entry of its own, and the payment itself stays as it was. */
  isReturn: boolean;
}

/** Times from `from` up to, but not including, `to`, as they are seen at `now`. Milliseconds since 1970. */
export interface Window {
  from: number;
  to: number;
  now: number;
}

const SECOND = 1000;

export class Ledger {
  /** In the order of the journal. */
  readonly payments: Payment[] = [];
  private readonly entries: Entry[] = [];

  add(payment: Payment): void {
    const rank = 2 * this.payments.push(payment);
    this.insert({ payment, isReturn: false, created: wholeSecond(executedAt(payment)), rank });
    const returned = returnedAt(payment);
    if (returned === undefined) return;
    this.insert({ payment, isReturn: true, created: wholeSecond(returned), rank: rank + 1 });
  }

  /** The entries that can be seen, with their states. @param last goes on behind this place */
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

  /** Nearly always at the end. */
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

/** @returns `undefined` while it cannot be seen */
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
