/**
 * The interface from which a comparison reads its items. One implementation reads all items of the store, the other only the changed items.
 */
import type { ItemSum, ReconciliationItem } from '@tributary/feed';
import type { ItemReference } from '../events/event.types.js';

export interface KeyGroup {
  key: string;
  /** The items that have the key, sorted by number. */
  items: ReconciliationItem[];
}

export interface ItemSource {
  /**
   * Reads the items of each key of a rule, in batches. `pairedNumbers` has the numbers of items that match without further checks, two for
   * each pair of a row and a booking. All other items are returned in `groups`. A pair whose items are both already matched is left out.
   * @param isMatched returns true for an item that is already matched. If only one item of a pair is already matched, both items are
   * returned in `groups`
   */
  streamGroups(
    rule: number,
    isMatched: (number: number) => boolean,
  ): AsyncGenerator<{ pairedNumbers: number[]; groups: KeyGroup[] }>;
  /** Reads the same `groups` as `streamGroups` a second time, without the pairs. */
  streamGroupsAgain(rule: number, isMatched: (number: number) => boolean): AsyncGenerator<KeyGroup>;
  /**
   * Reads all items in batches.
   * @param isSkipped returns true for an item that is not needed
   */
  streamItems(isSkipped: (number: number) => boolean): AsyncGenerator<ReconciliationItem[]>;
  /** Returns the sums of all items that have moved money, by side, account and asset. */
  sumItems(): Promise<ItemSum[]>;
  /** Returns the items to which an entry of a link refers. */
  findReferenced(reference: ItemReference): Promise<ReconciliationItem[]>;
  /** Returns the numbers of those items for which at least one rule finds a key. */
  findNumbersWithKey(items: readonly ReconciliationItem[]): Promise<ReadonlySet<number>>;
}

export function hasMovedMoney({ state }: Pick<ReconciliationItem, 'state'>): boolean {
  return state === 'moved' || state === 'reversal';
}
