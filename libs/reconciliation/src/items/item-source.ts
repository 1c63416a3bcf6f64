/** The interface from which a comparison reads the items that exist at its cuts: all items of the store, or only the changed part. */
import type { ReconciliationItem } from '@tributary/feed';
import type { ItemReference } from '../events/event.types.js';

/** One row and one booking that are the only items of a key and have an equal account, asset and amount. Both have moved money. */
export interface ItemPair {
  /** Numbers of the items. */
  first: number;
  last: number;
  account: string;
  asset: string;
  amount: bigint;
}

export interface KeyGroup {
  key: string;
  /** Sorted by number. */
  items: ReconciliationItem[];
}

export interface ItemSource {
  /**
   * Reads the groups of a rule, each group once, in batches.
   * @param isMatched returns true for an item that is already matched. A pair with exactly one matched item is returned as a group
   */
  streamGroups(
    rule: number,
    isMatched: (number: number) => boolean,
  ): AsyncGenerator<{ pairs: ItemPair[]; groups: KeyGroup[] }>;
  /** Reads a second time the groups that `streamGroups` returned in `groups`, without the pairs. */
  streamGroupsAgain(rule: number, isMatched: (number: number) => boolean): AsyncGenerator<KeyGroup>;
  /** Reads the items, in batches. @param isSkipped returns true for an item that is not needed */
  streamItems(isSkipped: (number: number) => boolean): AsyncGenerator<ReconciliationItem[]>;
  /** Returns the items of a link. */
  findReferenced(reference: ItemReference): Promise<ReconciliationItem[]>;
  /** Returns the numbers of the items that have a key for at least one rule. */
  findNumbersWithKey(items: readonly ReconciliationItem[]): Promise<ReadonlySet<number>>;
}
