/** Determines the class of the breaks among items that have the same key and that no rule could match. */
import type { ReconciliationItem } from '@tributary/feed';
import type { BreakClass, BreakDraft } from '../breaks/break.types.js';
import { sumAmounts, groupByAccountAndAsset, type AccountAssetItems } from './match-key-group.js';

/** A break among items that have the same key. */
export interface GroupBreak extends Pick<BreakDraft, 'class' | 'reason'> {
  items: ReconciliationItem[];
}

/**
 * Classifies the unmatched items of a group.
 * @param items all items of the group
 * @param isMatched returns true if a rule or a person has matched the item
 * @param isBroken returns true if the item already belongs to a break
 * @returns the breaks. An item without an item of the other side under this key gets no break here, because another rule may still match it
 */
export function classifyGroup(
  items: readonly ReconciliationItem[],
  isMatched: (item: ReconciliationItem) => boolean,
  isBroken: (item: ReconciliationItem) => boolean,
): GroupBreak[] {
  const open = items.filter((item) => hasMoved(item) && !isMatched(item) && !isBroken(item));
  if (open.length === 0) return [];
  const duplicates = open.filter((item) => isDuplicate(item, items, isMatched));
  const others = open.filter((item) => !duplicates.includes(item));
  return [
    ...duplicates.map((item) => ({
      ...{ class: 'duplicate' as const, items: [item] },
      reason: 'another booking with the same key and amount already matches the row of the PSP',
    })),
    ...classifyOthers(others, items),
  ];
}

function hasMoved({ state }: ReconciliationItem): boolean {
  return state === 'moved' || state === 'reversal';
}

function isDuplicate(
  item: ReconciliationItem,
  items: readonly ReconciliationItem[],
  isMatched: (item: ReconciliationItem) => boolean,
): boolean {
  return (
    item.side === 'ledger' &&
    item.state === 'moved' &&
    items.some((other) => isMatched(other) && isSameCell(other, item) && other.amount === item.amount)
  );
}

function isSameCell(a: ReconciliationItem, b: ReconciliationItem): boolean {
  return a.account === b.account && a.asset === b.asset;
}

function classifyOthers(
  open: readonly ReconciliationItem[],
  items: readonly ReconciliationItem[],
): GroupBreak[] {
  const rows = open.filter(({ side }) => side === 'psp');
  const bookings = open.filter(({ side }) => side === 'ledger');
  if (bookings.length === 0) return [];
  if (rows.length === 0) return classifyBookings(bookings, items);
  const { class: found, reason } = compareSides(groupByAccountAndAsset(open));
  return [{ class: found, items: [...open], reason }];
}

/** Classifies bookings whose key only belongs to rows that move no money: returned, pending or failed rows of the PSP. */
function classifyBookings(
  bookings: ReconciliationItem[],
  items: readonly ReconciliationItem[],
): GroupBreak[] {
  const states = new Set(items.filter(({ side }) => side === 'psp').map(({ state }) => state));
  if (states.has('returned'))
    return [
      {
        ...{ class: 'reversed-after-booking', items: bookings },
        reason: 'the PSP took the movement back after it was booked',
      },
    ];
  if (states.has('pending'))
    return [
      { class: 'in-progress', items: bookings, reason: 'the movement is booked, and pending at the PSP' },
    ];
  if (states.has('failed'))
    return [
      { class: 'missing-at-psp', items: bookings, reason: 'the movement is booked, and failed at the PSP' },
    ];
  return [];
}

function compareSides(cells: readonly AccountAssetItems[]): { class: BreakClass; reason: string } {
  const reverted = cells.find(({ psp, cancelled }) => psp.length > 0 && cancelled.length > 0);
  if (reverted)
    return {
      class: 'reversed-after-booking',
      reason: 'the booking of the row was reverted, and it was not booked again',
    };
  const common = cells.find(({ psp, ledger }) => psp.length > 0 && ledger.length > 0);
  if (common) return compareCell(common);
  const accounts = new Set(cells.filter(({ psp }) => psp.length > 0).map(({ account }) => account));
  const isSameAccount = cells.some(({ account, ledger }) => ledger.length > 0 && accounts.has(account));
  return isSameAccount
    ? {
        class: 'asset-differs',
        reason: 'row and booking have the same key and account, and different assets',
      }
    : { class: 'account-differs', reason: 'row and booking have the same key, and different accounts' };
}

function compareCell({ psp, ledger, asset }: AccountAssetItems): { class: BreakClass; reason: string } {
  const [rows, bookings] = [sumAmounts(psp), sumAmounts(ledger)];
  if (rows === bookings)
    return {
      class: 'grouping-differs',
      reason: `the sums are equal, but no rule allows ${psp.length} rows for ${ledger.length} bookings`,
    };
  const hint = rows === -bookings ? '; the booking has the wrong sign' : '';
  return {
    class: 'amount-differs',
    reason: `the PSP moved ${rows} and the ledger booked ${bookings}, in minor units of ${asset}${hint}`,
  };
}
