/** Decides which items a run uses. A cut is the position at which a run stops reading a feed or the ledger. */
import type { ItemCuts, ReconciliationItem } from '@tributary/feed';

/**
 * Returns a filter for the items that exist at the cuts of a run. An item exists if its version was created before the cut, and a later
 * version did not replace it before the cut.
 */
export function createCutFilter({ feeds, ledger }: ItemCuts): (item: ReconciliationItem) => boolean {
  return ({ side, source, sincePosition, untilPosition }) => {
    const cut = side === 'ledger' ? ledger : (feeds[source] ?? 0);
    return sincePosition <= cut && (untilPosition === undefined || untilPosition > cut);
  };
}
