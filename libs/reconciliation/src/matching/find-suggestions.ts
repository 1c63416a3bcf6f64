/** The rule `window`: suggests the only booking with an equal amount near a row, and the other way round. */
import type { ReconciliationItem, ReconciliationRepository } from '@tributary/feed';
import { streamKeyGroups } from './key-groups.js';

const DAY_MS = 86_400_000;
/** A run suggests at most so many pairs, so that its memory stays bounded. */
const MAX_SUGGESTIONS = 50_000;

/** @param isOpen tells whether an item has no match and no break yet. @returns the other item by the number of an item */
export async function findSuggestions(
  repository: ReconciliationRepository,
  policyId: string,
  rule: number,
  days: number,
  isOpen: (item: ReconciliationItem) => boolean,
): Promise<Map<number, ReconciliationItem>> {
  const suggestions = new Map<number, ReconciliationItem>();
  for await (const { items } of streamKeyGroups(repository, policyId, rule, isOpen)) {
    const rows = items.filter(({ side }) => side === 'psp');
    const bookings = items.filter(({ side }) => side === 'ledger');
    for (const row of rows) {
      const [booking, another] = bookings.filter((item) => isNear(row, item, days));
      if (!booking || another || rows.filter((item) => isNear(item, booking, days)).length > 1) continue;
      suggestions.set(row.number, booking).set(booking.number, row);
      if (suggestions.size >= 2 * MAX_SUGGESTIONS) return suggestions;
    }
  }
  return suggestions;
}

function isNear(a: ReconciliationItem, b: ReconciliationItem, days: number): boolean {
  return Math.abs(a.at - b.at) <= days * DAY_MS;
}
