/**
 * Compares the items of both sides in four steps:
 *
 * 1. The links that people made are applied.
 * 2. The rules are applied in sequence. Each rule matches items that are not matched yet.
 * 3. Unmatched items are classified, for one rule after the other. A key is examined if it also has items of the other side, matched or
 *    not.
 * 4. The remaining items have no other side.
 */
import type { ItemSum, ReconciliationItem } from '@tributary/feed';
import type { BreakDraft } from '../breaks/break.types.js';
import type { ManualLink } from '../events/read-decisions.js';
import { hasMovedMoney, type ItemSource } from '../items/item-source.js';
import { classifyGroup } from '../matching/classify-group.js';
import { ItemNumberSet } from '../matching/item-number-set.js';
import { matchKeyGroup, sumAmounts, groupByAccountAndAsset } from '../matching/match-key-group.js';
import { MatchRecorder } from '../matching/match-recorder.js';
import type { MatchingRule } from '../policy/policy.types.js';
import type { MatchCount } from './run.types.js';

export interface ItemComparison {
  matches: MatchCount[];
  /** The sums of the differences that the rule `tolerance` allowed, by account and asset. */
  tolerated: ReadonlyMap<string, bigint>;
  /** The sums of all items, by account and asset. */
  totals: AccountTotals;
  lapsedLinks: number[];
}

export interface AccountTotal {
  psp: bigint;
  ledger: bigint;
  rows: number;
  bookings: number;
}

export type AccountTotals = Map<string, AccountTotal>;

/**
 * Compares the items of both sides.
 * @param onBreak is called once for each break. A break without `rule` has one item, and no item of the other side has one of its keys
 */
export async function compareItems(
  source: ItemSource,
  rules: readonly MatchingRule[],
  links: readonly ManualLink[],
  onBreak: (draft: BreakDraft) => Promise<void> | void,
): Promise<ItemComparison> {
  const recorder = new MatchRecorder();
  const lapsedLinks = await applyLinks(source, links, recorder);
  const isMatched = (number: number) => recorder.matched.has(number);
  const isUnmatched = (item: ReconciliationItem) => hasMovedMoney(item) && !isMatched(item.number);
  for (const [index, rule] of rules.entries()) {
    if (rule.kind === 'window') continue;
    for await (const { pairedNumbers, groups } of source.streamGroups(index, isMatched)) {
      recorder.recordPairs(index, pairedNumbers);
      for (const { items } of groups)
        for (const match of matchKeyGroup(rule, items.filter(isUnmatched))) recorder.record(index, match);
    }
  }
  const broken = new ItemNumberSet();
  for (const [index, rule] of rules.entries()) {
    if (rule.kind === 'window') continue;
    for await (const { key, items } of source.streamGroupsAgain(index, isMatched))
      for (const draft of classifyGroup(
        items,
        ({ number }) => isMatched(number),
        ({ number }) => broken.has(number),
      )) {
        for (const { number } of draft.items) broken.add(number);
        await onBreak({ ...draft, rule: index, key });
      }
  }
  for await (const items of source.streamItems((number) => isMatched(number) || broken.has(number))) {
    const alone = items.filter(hasMovedMoney);
    if (alone.length === 0) continue;
    const withKey = await source.findNumbersWithKey(alone);
    for (const item of alone) await onBreak(toSingleBreak(item, withKey.has(item.number)));
  }
  const totals = toTotals(await source.sumItems());
  return { matches: recorder.finish(), tolerated: recorder.tolerated, totals, lapsedLinks };
}

/**
 * Matches the items of each link, unless their sums are no longer equal.
 * @returns the sequence numbers of the links that are no longer valid
 */
async function applyLinks(
  source: ItemSource,
  links: readonly ManualLink[],
  recorder: MatchRecorder,
): Promise<number[]> {
  const lapsed: number[] = [];
  for (const { seq, items: references } of links) {
    const items: ReconciliationItem[] = [];
    for (const reference of references)
      items.push(...(await source.findReferenced(reference)).filter(hasMovedMoney));
    const free = items.filter(({ number }) => !recorder.matched.has(number));
    const cells = groupByAccountAndAsset(free);
    const isBalanced = cells.every(({ psp, ledger }) => sumAmounts(psp) === sumAmounts(ledger));
    if (free.length < references.length || !isBalanced) lapsed.push(seq);
    else
      for (const { account, asset, psp, ledger, cancelled } of cells)
        recorder.record(-1, {
          kind: 'n:m',
          account,
          asset,
          psp,
          ledger: [...ledger, ...cancelled],
          difference: 0n,
        });
  }
  return lapsed;
}

function toTotals(sums: readonly ItemSum[]): AccountTotals {
  const totals: AccountTotals = new Map();
  for (const { side, account, asset, items, amount } of sums) {
    const key = `${account} ${asset}`;
    const total = totals.get(key) ?? { psp: 0n, ledger: 0n, rows: 0, bookings: 0 };
    totals.set(key, total);
    total[side] += amount;
    total[side === 'psp' ? 'rows' : 'bookings'] += items;
  }
  return totals;
}

function toSingleBreak(item: ReconciliationItem, hasKey: boolean): BreakDraft {
  if (!hasKey) return { class: 'no-key', items: [item], reason: 'no rule of the policy finds a key in it' };
  return item.side === 'psp'
    ? { class: 'missing-in-ledger', items: [item], reason: 'the ledger has no booking for the row' }
    : { class: 'missing-at-psp', items: [item], reason: 'the PSP has no row for the booking' };
}
