/**
 * An index of the payments of orders, in the order of the listing. The timestamp of an entry follows from its line in the journal. The
 * current time determines whether the entry is visible, and its state.
 */
import { getExecutedAt, getReturnedAt, getStateAt, type AcceptedAttempt } from './payment-state.js';
import type { TransactionState } from './movement-cycle.js';

/** The position of an entry. Entries are sorted by time, then by rank. */
export interface TimelinePosition {
  /** The timestamp of the entry in ms since 1970, a whole second. */
  createdAt: number;
  /** The rank of the entry, which is unique and never changes. */
  rank: number;
}

/** A row of the listing that results from an order: the payment itself, or its return. */
export interface TimelineEntry extends TimelinePosition {
  payment: AcceptedAttempt;
  /** Whether the entry is the return of a payment. A return is a separate entry; the entry of the payment itself does not change. */
  isReturn: boolean;
}

/** A time range from `from` (inclusive) to `to` (exclusive), as it is visible at `now`. All times are in ms since 1970. */
export interface TimeWindow {
  from: number;
  to: number;
  now: number;
}

const SECOND = 1000;

export class PaymentIndex {
  /** The accepted payments, in the order of the journal. */
  readonly payments: AcceptedAttempt[] = [];
  private readonly entries: TimelineEntry[] = [];

  add(payment: AcceptedAttempt): void {
    const rank = 2 * this.payments.push(payment);
    this.insert({ payment, isReturn: false, createdAt: floorToSecond(getExecutedAt(payment)), rank });
    const returned = getReturnedAt(payment);
    if (returned === undefined) return;
    this.insert({ payment, isReturn: true, createdAt: floorToSecond(returned), rank: rank + 1 });
  }

  /**
   * Lists the visible entries with their states.
   * @param last the position after which the listing continues
   */
  *list(
    { from, to, now }: TimeWindow,
    newestFirst: boolean,
    last?: TimelinePosition,
  ): Generator<[TimelineEntry, TransactionState]> {
    let first = this.countBefore({ createdAt: from, rank: 0 });
    let end = this.countBefore({ createdAt: to, rank: 0 });
    if (last && newestFirst) end = Math.min(end, this.countBefore(last));
    if (last && !newestFirst) first = Math.max(first, this.countBefore({ ...last, rank: last.rank + 1 }));
    for (let passed = 0; passed < end - first; passed++) {
      const entry = this.entries[newestFirst ? end - 1 - passed : first + passed]!;
      const state = getEntryState(entry, now);
      if (state) yield [entry, state];
    }
  }

  /** Inserts an entry at its sorted position, which is nearly always the end. */
  private insert(entry: TimelineEntry): void {
    this.entries.splice(this.countBefore(entry), 0, entry);
  }

  private countBefore(position: TimelinePosition): number {
    let [low, high] = [0, this.entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.entries[middle]!, position)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * Returns the state of an entry.
 * @returns `undefined` if the entry is not visible yet
 */
function getEntryState({ payment, isReturn }: TimelineEntry, now: number): TransactionState | undefined {
  const state = getStateAt(payment, now);
  if (isReturn) return state === 'returned' ? 'refunded' : undefined;
  return state === 'returned' ? 'completed' : state;
}

function isBefore(one: TimelinePosition, other: TimelinePosition): boolean {
  return one.createdAt === other.createdAt ? one.rank < other.rank : one.createdAt < other.createdAt;
}

function floorToSecond(time: number): number {
  return Math.floor(time / SECOND) * SECOND;
}
