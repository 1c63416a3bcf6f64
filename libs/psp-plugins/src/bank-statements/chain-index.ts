/** The seats of one chain, found without looking at each: thousands of customers may pay the same amount on one day. */
import type { Item } from './item.js';
import type { Seat } from './seat.js';

export class ChainIndex {
  /** Those that no booked entry had claimed when the batch began. */
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

  /** Seats of entries with all facts the same, in order. */
  ofFacts(all: string): readonly Seat[] {
    return this.facts.get(all) ?? [];
  }

  /** The claimed seat with this bank reference. */
  ofReference(reference: string): Seat | undefined {
    return reference === '' ? undefined : this.references.get(reference);
  }

  /** Those that the statement claimed when it came before, and whose entries it does not have now. @param item any of the statement's */
  left(item: Item): readonly Seat[] {
    return (this.leftOver ??= [...this.claimed.values()].filter((seat) => item.isLeft(seat)));
  }

  /** A seat behind the last, for an entry that has none. */
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
