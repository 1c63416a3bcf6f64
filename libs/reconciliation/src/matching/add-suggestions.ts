/**
 * Applies the rule `window`. For a row without a booking, it suggests the only unmatched booking with an equal amount and a near time. For
 * a booking without a row, it suggests a row in the same way.
 */
import type { BreakDraft, ComparedItem } from '../breaks/break.types.js';
import type { Policy } from '../policy/policy.types.js';

const DAY_MS = 86_400_000;
/**
 * The maximum number of items with equal amounts for which suggestions are made. A larger group gets no suggestions, because comparing all
 * pairs would take too long.
 */
const MAX_GROUP_ITEMS = 2000;

/**
 * Adds suggestions to breaks that have only one item.
 * @param drafts breaks of items without an item of the other side under any key
 */
export function addSuggestions({ rules }: Policy, drafts: readonly BreakDraft[]): void {
  const rule = rules.find(({ kind }) => kind === 'window');
  if (rule?.kind !== 'window') return;
  const groups = new Map<string, [BreakDraft, ComparedItem][]>();
  for (const draft of drafts) {
    const [item] = draft.items;
    if (item?.state !== 'moved') continue;
    const key = `${item.account} ${item.asset} ${item.amount}`;
    const group = groups.get(key);
    if (group) group.push([draft, item]);
    else groups.set(key, [[draft, item]]);
  }
  for (const group of groups.values()) if (group.length <= MAX_GROUP_ITEMS) suggestPairs(group, rule.days);
}

function suggestPairs(group: readonly [BreakDraft, ComparedItem][], days: number): void {
  const rows = group.filter(([, { side }]) => side === 'psp');
  const bookings = group.filter(([, { side }]) => side === 'ledger');
  for (const [rowDraft, row] of rows) {
    const [booking, another] = bookings.filter(([, item]) => isNear(row, item, days));
    if (!booking || another) continue;
    const [bookingDraft, booked] = booking;
    if (rows.filter(([, item]) => isNear(item, booked, days)).length > 1) continue;
    rowDraft.suggestion = booked;
    bookingDraft.suggestion = row;
  }
}

function isNear(a: ComparedItem, b: ComparedItem, days: number): boolean {
  return Math.abs(a.at - b.at) <= days * DAY_MS;
}
