/**
 * The interface from which a comparison reads its items. One implementation reads all items of the store, the other only the changed items.
 */
import type { ReconciliationItem } from '@tributary/feed';
import type { ItemReference } from '../events/event.types.js';

/**
 * A row and a booking that match without further checks: they are the only items of their key, both have moved money, and their account,
 * asset and amount are equal.
 */
export interface ItemPair {
  /** The numbers of the two items, the lower number first. */
  first: number;
  last: number;
  account: string;
  asset: string;
  amount: bigint;
}

export interface KeyGroup {
  key: string;
  /** The items that have the key, sorted by number. */
  items: ReconciliationItem[];
}

export interface ItemSource {
  /**
   * Reads the items of each key of a rule, in batches. Items that match without further checks are returned in `pairs`, all others in
   * `groups`. A pair whose items are both already matched is left out.
   * @param isMatched returns true for an item that is already matched. If only one item of a pair is already matched, both items are
   * returned in `groups`
   */
  streamGroups(
    rule: number,
    isMatched: (number: number) => boolean,
  ): AsyncGenerator<{ pairs: ItemPair[]; groups: KeyGroup[] }>;
  /** Reads the same `groups` as `streamGroups` a second time, without the pairs. */
  streamGroupsAgain(rule: number, isMatched: (number: number) => boolean): AsyncGenerator<KeyGroup>;
  /**
   * Reads all items in batches.
   * @param isSkipped returns true for an item that is not needed
   */
  streamItems(isSkipped: (number: number) => boolean): AsyncGenerator<ReconciliationItem[]>;
  /** Returns the items to which an entry of a link refers. */
  findReferenced(reference: ItemReference): Promise<ReconciliationItem[]>;
  /** Returns the numbers of those items for which at least one rule finds a key. */
  findNumbersWithKey(items: readonly ReconciliationItem[]): Promise<ReadonlySet<number>>;
}
