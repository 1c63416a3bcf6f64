/**
 * Compares the items of both sides at the cuts of a run. It reads the items in sorted batches and keeps one bit for each of them, so memory
 * does not grow with their amounts, keys and texts.
 *
 * 1. Links that people made. 2. The rules, in sequence: each matches items that are not matched yet. 3. Classification: for each rule, the
 * unmatched items that have an unmatched or a matched other side under their key. 4. Suggestions. 5. What is left has no other side.
 */
import type { ReconciliationItem, ReconciliationRepository } from '@tributary/feed';
import type { BreakDraft } from '../breaks/break.types.js';
import type { Decisions, Link } from '../events/read-decisions.js';
import { classifyGroup } from '../matching/classify-group.js';
import { findSuggestions } from '../matching/find-suggestions.js';
import { ItemNumberSet } from '../matching/item-number-set.js';
import { streamItems, streamKeyGroups } from '../matching/key-groups.js';
import { matchGroup, sumAmounts, groupByAccountAndAsset } from '../matching/match-group.js';
import { MatchRecorder } from '../matching/match-recorder.js';
import type { Policy } from '../policy/policy.types.js';
import type { RunInputs } from './run.types.js';

export interface ItemComparison {
  recorder: MatchRecorder;
  /** Sums of all items by account and asset. */
  totals: Map<string, { psp: bigint; ledger: bigint }>;
  lapsedLinks: number[];
}

/** @param onBreak receives each break once */
export async function compareItems(
  repository: ReconciliationRepository,
  policyId: string,
  policy: Policy,
  cuts: RunInputs['cuts'],
  decisions: Decisions,
  onBreak: (draft: BreakDraft) => Promise<void>,
): Promise<ItemComparison> {
  const isIncluded = createCutFilter(cuts);
  const recorder = new MatchRecorder();
  const lapsedLinks = await applyLinks(repository, policyId, decisions.links, isIncluded, recorder);
  const isUnmatched = (item: ReconciliationItem) =>
    isIncluded(item) && hasMovedMoney(item) && !recorder.matched.has(item.number);
  for (const [index, rule] of policy.rules.entries()) {
    if (rule.kind === 'window') continue;
    for await (const { items } of streamKeyGroups(repository, policyId, index, isUnmatched))
      for (const match of matchGroup(rule, items)) recorder.record(index, match);
  }
  const broken = new ItemNumberSet();
  const withKey = new ItemNumberSet();
  for (const [index, rule] of policy.rules.entries()) {
    if (rule.kind === 'window') continue;
    for await (const { key, items } of streamKeyGroups(repository, policyId, index, isIncluded)) {
      for (const { number } of items) withKey.add(number);
      const isMatched = ({ number }: ReconciliationItem) => recorder.matched.has(number);
      for (const draft of classifyGroup(items, isMatched, ({ number }) => broken.has(number))) {
        for (const { number } of draft.items) broken.add(number);
        await onBreak({ ...draft, rule: index, key });
      }
    }
  }
  const isAlone = (item: ReconciliationItem) => isUnmatched(item) && !broken.has(item.number);
  const suggestions = await suggestPairs(repository, policyId, policy, isAlone);
  const totals: ItemComparison['totals'] = new Map();
  for await (const item of streamItems(repository, policyId, isIncluded)) {
    if (!hasMovedMoney(item)) continue;
    addToTotals(totals, item);
    if (isAlone(item))
      await onBreak(toSingleBreak(item, withKey.has(item.number), suggestions.get(item.number)));
  }
  return { recorder, totals, lapsedLinks };
}

/** Returns a filter for the items that exist at the cuts: their version was there, and no later version replaced it yet. */
export function createCutFilter({ feeds, ledger }: RunInputs['cuts']): (item: ReconciliationItem) => boolean {
  return ({ side, source, sincePosition, untilPosition }) => {
    const cut = side === 'ledger' ? ledger : (feeds[source] ?? 0);
    return sincePosition <= cut && (untilPosition === undefined || untilPosition > cut);
  };
}

export function hasMovedMoney({ state }: ReconciliationItem): boolean {
  return state === 'moved' || state === 'reversal';
}

/** Matches the items of each link, unless their sums differ now. @returns the links that no longer hold */
async function applyLinks(
  repository: ReconciliationRepository,
  policyId: string,
  links: readonly Link[],
  isIncluded: (item: ReconciliationItem) => boolean,
  recorder: MatchRecorder,
): Promise<number[]> {
  const lapsed: number[] = [];
  for (const { seq, items: references } of links) {
    const items: ReconciliationItem[] = [];
    for (const { side, source, recordId, account, asset } of references) {
      const versions = await repository.findItemsOfRecords(policyId, side, source, [recordId]);
      items.push(
        ...versions.filter(
          (item) =>
            isIncluded(item) && hasMovedMoney(item) && item.account === account && item.asset === asset,
        ),
      );
    }
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

async function suggestPairs(
  repository: ReconciliationRepository,
  policyId: string,
  { rules }: Policy,
  isAlone: (item: ReconciliationItem) => boolean,
): Promise<Map<number, ReconciliationItem>> {
  const index = rules.findIndex(({ kind }) => kind === 'window');
  const rule = rules[index];
  return rule?.kind === 'window'
    ? findSuggestions(repository, policyId, index, rule.days, isAlone)
    : new Map();
}

function addToTotals(
  totals: ItemComparison['totals'],
  { account, asset, side, amount }: ReconciliationItem,
): void {
  const key = `${account} ${asset}`;
  const total = totals.get(key) ?? { psp: 0n, ledger: 0n };
  total[side] += amount;
  totals.set(key, total);
}

function toSingleBreak(
  item: ReconciliationItem,
  hasKey: boolean,
  suggestion: ReconciliationItem | undefined,
): BreakDraft {
  const suggested = suggestion && { suggestion };
  if (!hasKey)
    return {
      class: 'no-key',
      items: [item],
      reason: 'no rule of the policy finds a key in it',
      ...suggested,
    };
  return item.side === 'psp'
    ? {
        class: 'missing-in-ledger',
        items: [item],
        reason: 'the ledger has no booking for the row',
        ...suggested,
      }
    : { class: 'missing-at-psp', items: [item], reason: 'the PSP has no row for the booking', ...suggested };
}
