/** Decides which items exist at the cuts of a run. */
import type { ItemCuts, ReconciliationItem } from '@tributary/feed';

/** Returns a filter for the items that exist at the cuts: their version was there, and no later version replaced it yet. */
export function createCutFilter({ feeds, ledger }: ItemCuts): (item: ReconciliationItem) => boolean {
  return ({ side, source, sincePosition, untilPosition }) => {
    const cut = side === 'ledger' ? ledger : (feeds[source] ?? 0);
    return sincePosition <= cut && (untilPosition === undefined || untilPosition > cut);
  };
}
