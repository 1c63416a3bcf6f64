/**
 * Indexes the movements of one group. Without an index each lookup would scan the group: thousands of
 * customers may pay the same amount on one day.
 */
import type { Item } from './item.js';
import type { Seat } from './seat.js';

export class ChainIndex {
  /** Movements that had no booked entry when the batch began. */
  readonly unclaimed: Seat[] = [];
  private leftOver: Seat[] | undefined;
  private readonly claimed = new Map<string, Seat>();
  private readonly facts = new Map<string, Seat[]>();
  private readonly references = new Map<string, Seat>();

  constructor(readonly seats: Seat[]) {
    for (const seat of seats) this.add(seat);
  }

  ofClaim(claim: string): Seat | undefined {
    return this.claimed.get(claim);
  }

  /** Returns the movements whose facts are all equal to these, in order. */
  ofFacts(all: string): readonly Seat[] {
    return this.facts.get(all) ?? [];
  }

  /** Returns the booked movement with this bank reference. */
  ofReference(reference: string): Seat | undefined {
    return reference === '' ? undefined : this.references.get(reference);
  }

  /**
   * Returns movements that an earlier version of this statement booked and whose entries are missing in the
   * current version.
   * @param item any entry of the statement
   */
  left(item: Item): readonly Seat[] {
    return (this.leftOver ??= [...this.claimed.values()].filter((seat) => item.isLeft(seat)));
  }

  /** Adds a new movement at the end of the group. */
  append(chain: string): Seat {
    const seat: Seat = { id: `${chain}-${this.seats.length}`, chain, details: 0, metadata: {} };
    this.seats.push(seat);
    return seat;
  }

  private add(seat: Seat): void {
    const { imprint } = seat;
    if (!imprint?.claim) this.unclaimed.push(seat);
    else {
      this.claimed.set(imprint.claim, seat);
      if (imprint.facts.reference && !this.references.has(imprint.facts.reference))
        this.references.set(imprint.facts.reference, seat);
    }
    if (!imprint) return;
    const equal = this.facts.get(imprint.facts.all);
    if (equal) equal.push(seat);
    else this.facts.set(imprint.facts.all, [seat]);
  }
}
