/** Counts the keys by which the entries of a file are compared with each other. */
import { createEntryKey, createReferenceKey } from './entry-digests.js';
import type { EntryDigests } from './entry-digests.js';
import { DigestCounter } from './digest-counter.js';

/** The counted keys in a form that can be sent to another thread. */
export interface SerializedKeyCounts {
  repeatedGroups: Float64Array<ArrayBuffer>;
  entries: Float64Array<ArrayBuffer>;
  repeatedReferences: Float64Array<ArrayBuffer>;
}

export class KeyCounts {
  /** Creates the counts from three counters: the keys of groups, of `createEntryKey` and of `createReferenceKey`. */
  constructor(
    private readonly groups = new DigestCounter(),
    private readonly entries = new DigestCounter(),
    private readonly references = new DigestCounter(),
  ) {}

  /**
   * Counts the keys of an entry.
   * @param statement the number of the statement in its file, from 0
   */
  add(digests: EntryDigests, statement: number): void {
    const { groupKey, facts } = digests;
    this.groups.add(groupKey);
    this.entries.add(createEntryKey(groupKey, facts.all, statement));
    const referenceKey = createReferenceKey(digests, statement);
    if (referenceKey !== '') this.references.add(referenceKey);
  }

  /** Ends the counting. The caller must call it before all other methods except `add`. */
  finish(): void {
    this.groups.finish();
    this.groups.forgetSingleKeys();
    this.references.finish();
    this.references.forgetSingleKeys();
    this.entries.finish();
  }

  isGroupRepeated(groupKey: string): boolean {
    return this.groups.isRepeated(groupKey);
  }

  /** Returns true if another entry of the statement has the same group and the same facts. */
  isEntryRepeated(groupKey: string, facts: string, statement: number): boolean {
    return this.entries.hasRepeated && this.entries.isRepeated(createEntryKey(groupKey, facts, statement));
  }

  /** Returns the number of entries of the statement with this group and these facts. */
  countEntries(groupKey: string, facts: string, statement: number): number {
    return this.entries.count(createEntryKey(groupKey, facts, statement));
  }

  /** Returns true if another entry of the statement has the same amount and the same bank reference. */
  isReferenceRepeated(digests: EntryDigests, statement: number): boolean {
    if (!this.references.hasRepeated) return false;
    const referenceKey = createReferenceKey(digests, statement);
    return referenceKey !== '' && this.references.isRepeated(referenceKey);
  }

  serialize(): SerializedKeyCounts {
    return {
      repeatedGroups: this.groups.toSorted(),
      entries: this.entries.toSorted(),
      repeatedReferences: this.references.toSorted(),
    };
  }

  static parse({ repeatedGroups, entries, repeatedReferences }: SerializedKeyCounts): KeyCounts {
    return new KeyCounts(
      DigestCounter.fromSorted(repeatedGroups),
      DigestCounter.fromSorted(entries),
      DigestCounter.fromSorted(repeatedReferences),
    );
  }
}
