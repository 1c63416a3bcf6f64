/**
 * An index of the movements of one group (same account, amount, currency and day). Without an index, each lookup would read the whole
 * group, which can be large: thousands of customers may pay the same amount on one day.
 */
import type { FactDigests } from '../identity/fact-digests.js';
import type { ItemToMatch } from './matching-input.js';
import type { Movement } from './movement-repository.js';

export class MovementIndex {
  /** The movements that had no booked entry when the batch began. */
  readonly unbooked: Movement[] = [];
  private orphaned: Movement[] | undefined;
  private byAnyReference: Map<string, Movement[]> | undefined;
  private readonly byBookedEntryId = new Map<string, Movement>();
  private readonly byFacts = new Map<string, Movement[]>();
  private readonly unbookedByFacts = new Map<string, Movement[]>();
  private readonly byReference = new Map<string, Movement>();

  constructor(readonly movements: Movement[]) {
    for (const movement of movements) this.indexMovement(movement);
  }

  findByBookedEntry(entryId: string): Movement | undefined {
    return this.byBookedEntryId.get(entryId);
  }

  /** Returns the movements whose facts are all equal to the given facts, in the order of their numbers. */
  findByFacts(all: string): readonly Movement[] {
    return this.byFacts.get(all) ?? [];
  }

  /** Returns the movements with these facts that had no booked entry when the batch began. */
  findUnbookedByFacts(all: string): readonly Movement[] {
    return this.unbookedByFacts.get(all) ?? [];
  }

  /** Returns the booked movement with this bank reference. If the reference is short, the payer's reference must be equal, too. */
  findByReference(facts: FactDigests): Movement | undefined {
    const key = referenceKey(facts);
    return key === '' ? undefined : this.byReference.get(key);
  }

  /**
   * Returns the movements that an earlier version of this statement booked, and whose entries are missing in the current version.
   * @param item any entry of the statement
   */
  findOrphaned(item: ItemToMatch): readonly Movement[] {
    return (this.orphaned ??= [...this.byBookedEntryId.values()].filter((movement) =>
      item.isOrphaned(movement),
    ));
  }

  /** Returns the movements that have the payer's reference, or the bank's distinctive reference, in common with the given facts. */
  findRelated({ payment, reference }: FactDigests): readonly Movement[] {
    if (payment === '' && reference === '') return [];
    // Most entries need no such search, so the index is created at the first one.
    this.byAnyReference ??= indexByAnyReference(this.movements);
    const byReference = reference === payment ? [] : (this.byAnyReference.get(reference) ?? []);
    return [...new Set([...(this.byAnyReference.get(payment) ?? []), ...byReference])];
  }

  /** Adds a new movement at the end of the group. */
  append(groupKey: string): Movement {
    const movement: Movement = {
      id: `${groupKey}-${this.movements.length}`,
      groupKey,
      detailCount: 0,
      metadata: {},
    };
    this.movements.push(movement);
    return movement;
  }

  private indexMovement(movement: Movement): void {
    const { fingerprint } = movement;
    if (!fingerprint?.bookedEntryId) this.unbooked.push(movement);
    else {
      this.byBookedEntryId.set(fingerprint.bookedEntryId, movement);
      const key = referenceKey(fingerprint.facts);
      if (key !== '' && !this.byReference.has(key)) this.byReference.set(key, movement);
    }
    if (!fingerprint) return;
    addTo(this.byFacts, fingerprint.facts.all, movement);
    if (!fingerprint.bookedEntryId) addTo(this.unbookedByFacts, fingerprint.facts.all, movement);
  }
}

function indexByAnyReference(movements: readonly Movement[]): Map<string, Movement[]> {
  const index = new Map<string, Movement[]>();
  for (const movement of movements) {
    const { payment = '', reference = '' } = movement.fingerprint?.facts ?? {};
    for (const key of new Set([payment, reference])) if (key !== '') addTo(index, key, movement);
  }
  return index;
}

function addTo(index: Map<string, Movement[]>, key: string, movement: Movement): void {
  const movements = index.get(key);
  if (movements) movements.push(movement);
  else index.set(key, [movement]);
}

function referenceKey({ reference, shortReference, payment }: FactDigests): string {
  if (reference !== '') return reference;
  return shortReference === '' || payment === '' ? '' : `${shortReference} ${payment}`;
}
