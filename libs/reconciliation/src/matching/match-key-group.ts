/** Finds the matches among the items that have the same key for one rule. */
import type { ReconciliationItem } from '@tributary/feed';
import type { KeyRule, ToleranceRule } from '../policy/policy.types.js';

export interface GroupMatch {
  /**
   * How many rows match how many bookings: `1:n` is one row and many bookings. `cancelled`: a booking and the transaction that reverted it
   * match each other.
   */
  kind: '1:1' | '1:n' | 'n:1' | 'n:m' | 'cancelled';
  account: string;
  asset: string;
  psp: ReconciliationItem[];
  ledger: ReconciliationItem[];
  /** The sum of the rows minus the sum of the bookings, in minor units. Only the rule `tolerance` can give a difference other than zero. */
  difference: bigint;
}

/** The items of one account in one asset. */
export interface AccountAssetItems {
  account: string;
  asset: string;
  psp: ReconciliationItem[];
  ledger: ReconciliationItem[];
  /** Bookings that were reverted by another booking of the same group, and the bookings that reverted them. */
  cancelled: ReconciliationItem[];
}

/**
 * Matches items with an equal key.
 * @param items items that have moved money and are not matched yet, sorted by number
 */
export function matchKeyGroup(
  rule: KeyRule | ToleranceRule,
  items: readonly ReconciliationItem[],
): GroupMatch[] {
  return groupByAccountAndAsset(items).flatMap((cell) => {
    const matches = matchCell(rule, cell);
    const matched = matches.reduce((count, match) => count + match.psp.length, 0);
    // If the booking of a row was reverted, the row stays unmatched. Then the booking and its reversal also stay unmatched, so that all
    // three are in one break.
    if (cell.cancelled.length > 0 && matched === cell.psp.length)
      matches.push(toMatch(cell, 'cancelled', [], cell.cancelled));
    return matches;
  });
}

/** Groups items by account and asset, and separates the bookings that were reverted. */
export function groupByAccountAndAsset(items: readonly ReconciliationItem[]): AccountAssetItems[] {
  const cells = new Map<string, AccountAssetItems>();
  for (const item of items) {
    const { account, asset, side } = item;
    const key = `${account} ${asset}`;
    const cell = cells.get(key) ?? { account, asset, psp: [], ledger: [], cancelled: [] };
    cells.set(key, cell);
    if (side === 'psp') cell.psp.push(item);
    else cell.ledger.push(item);
  }
  for (const cell of cells.values()) takeOutReverted(cell);
  return [...cells.values()];
}

function takeOutReverted(cell: AccountAssetItems): void {
  for (const reversal of cell.ledger.filter(({ state }) => state === 'reversal')) {
    const reverted = cell.ledger.find(
      ({ state, amount }) => state === 'moved' && amount === -reversal.amount,
    );
    if (!reverted) continue;
    cell.ledger = cell.ledger.filter((item) => item !== reversal && item !== reverted);
    cell.cancelled.push(reverted, reversal);
  }
}

function matchCell(rule: KeyRule | ToleranceRule, cell: AccountAssetItems): GroupMatch[] {
  const { psp, ledger } = cell;
  switch (rule.kind) {
    case 'exact':
      return matchOneToOne(cell);
    case 'group':
      return psp.length === 1 || ledger.length === 1 ? matchSums(cell, 0n) : [];
    case 'settlement':
      return matchSums(cell, 0n);
    case 'tolerance':
      return matchSums(cell, rule.bound[cell.asset] ?? 0n);
  }
}

/** Matches each row with the first unused booking of the same amount. */
function matchOneToOne(cell: AccountAssetItems): GroupMatch[] {
  const bookings = new Map<bigint, ReconciliationItem[]>();
  for (const item of cell.ledger) {
    const equal = bookings.get(item.amount);
    if (equal) equal.push(item);
    else bookings.set(item.amount, [item]);
  }
  return cell.psp.flatMap((item) => {
    const booking = bookings.get(item.amount)?.shift();
    return booking ? [toMatch(cell, '1:1', [item], [booking])] : [];
  });
}

function matchSums(cell: AccountAssetItems, bound: bigint): GroupMatch[] {
  const { psp, ledger } = cell;
  if (psp.length === 0 || ledger.length === 0) return [];
  const difference = sumAmounts(psp) - sumAmounts(ledger);
  if (difference > bound || difference < -bound) return [];
  return [toMatch(cell, toKind(psp.length, ledger.length), psp, ledger)];
}

function toKind(rows: number, bookings: number): GroupMatch['kind'] {
  if (rows === 1) return bookings === 1 ? '1:1' : '1:n';
  return bookings === 1 ? 'n:1' : 'n:m';
}

function toMatch(
  { account, asset }: AccountAssetItems,
  kind: GroupMatch['kind'],
  psp: ReconciliationItem[],
  ledger: ReconciliationItem[],
): GroupMatch {
  return { kind, account, asset, psp, ledger, difference: sumAmounts(psp) - sumAmounts(ledger) };
}

export function sumAmounts(items: readonly ReconciliationItem[]): bigint {
  return items.reduce((sum, { amount }) => sum + amount, 0n);
}
