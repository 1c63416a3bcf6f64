/** Decides which items exist at the cuts of a run. A cut is the position at which a run stops reading a source. */
import type { ItemCuts, ReconciliationItem } from '@tributary/feed';

/**
 * Returns a filter for the items that exist at the cuts: the version of the item had been created, and no later version had replaced it.
 */
export function createCutFilter({ feeds, ledger }: ItemCuts): (item: ReconciliationItem) => boolean {
  return ({ side, source, sincePosition, untilPosition }) => {
    const cut = side === 'ledger' ? ledger : (feeds[source] ?? 0);
    return sincePosition <= cut && (untilPosition === undefined || untilPosition > cut);
  };
}
