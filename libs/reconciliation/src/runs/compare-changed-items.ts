/**
 * Calculates the result of a run from the result of the previous run, so that the work depends only on new data and open breaks.
 *
 * The changed items, and all items connected with them by keys, are compared twice: at the positions where the previous run stopped
 * reading, and at the positions of this run. The new result is the previous result, minus the first comparison, plus the second comparison.
 * `verifyRun` compares all items, and so verifies this result.
 */
import { createHash } from 'node:crypto';
import type { ItemCuts, ReconciliationItem, ReconciliationRepository } from '@tributary/feed';
import { toBreakId } from '../breaks/build-break.js';
import type { Break, BreakDraft } from '../breaks/break.types.js';
import type { ItemReference } from '../events/event.types.js';
import { readDecisions, type Decisions } from '../events/read-decisions.js';
import { ChangedItemSource, findConnectedItems } from '../items/changed-item-source.js';
import { sortMatchCounts } from '../matching/match-recorder.js';
import type { Policy } from '../policy/policy.types.js';
import { compareItems, type AccountTotals, type ItemComparison } from './compare-items.js';
import { addBreakToHash, hashRun } from './hash-run.js';
import type { BalanceLine, MatchCount, RunInputs, RunSummary } from './run.types.js';
import { streamBreaks } from './stream-breaks.js';
import { yieldToEventLoop } from './yield-to-event-loop.js';

/** The maximum number of new rows, and of breaks in the previous run. If there are more, all items are compared. */
const MAX_NEW_ROWS = 50_000;
const MAX_CARRIED_BREAKS = 50_000;
const BATCH_ROWS = 1000;

export interface ChangedComparison {
  comparison: ItemComparison;
  drafts: BreakDraft[];
}

/**
 * Calculates the result of a run from the previous run.
 * @returns `undefined` when all items must be compared
 */
export async function compareChangedItems(
  repository: ReconciliationRepository,
  policyId: string,
  policy: Policy,
  { previous, cuts }: RunInputs,
  decisions: Decisions,
): Promise<ChangedComparison | undefined> {
  const run = previous === undefined ? undefined : await repository.findRun(previous);
  if (run?.policyId !== policyId || hashRun(run.inputs, run.summary) !== run.sha256) return undefined;
  const before = JSON.parse(run.inputs) as RunInputs;
  const summary = JSON.parse(run.summary) as RunSummary;
  if (countNewRows(before.cuts, cuts) > MAX_NEW_ROWS || summary.breaks.count > MAX_CARRIED_BREAKS)
    return undefined;
  const earlierBreaks = await readUnchangedBreaks(repository, run.id, summary);
  if (!earlierBreaks) return undefined;
  const earlierDecisions = await readDecisions(repository, policy.name, before.cuts.events);
  const changed = await findChangedItems(repository, policyId, policy, before.cuts, cuts);
  const references = [...earlierDecisions.links, ...decisions.links].flatMap(({ items }) => items);
  // A break that lists only a part of its items cannot be carried over, so it is compared again.
  for (const { items, itemCount } of earlierBreaks)
    if (itemCount > items.length) references.push(...items.slice(0, 1));
  changed.push(...(await findReferencedItems(repository, policyId, references)));
  const connected = await findConnectedItems(repository, policyId, changed);
  if (!connected) return undefined;
  const compareAt = async (at: ItemCuts, { links }: Decisions) => {
    const drafts: BreakDraft[] = [];
    const source = new ChangedItemSource(connected, at);
    const comparison = await compareItems(source, policy.rules, links, (draft) => void drafts.push(draft));
    return { comparison, drafts };
  };
  const earlier = await compareAt(before.cuts, earlierDecisions);
  const now = await compareAt(cuts, decisions);
  const goneIds = new Set(earlier.drafts.map(({ items }) => toBreakId(policy.name, items)));
  const carried = earlierBreaks.filter(({ id }) => !goneIds.has(id));
  if (carried.length + goneIds.size !== earlierBreaks.length) return undefined;
  return {
    comparison: combine(summary, earlier.comparison, now.comparison),
    drafts: [...carried.map(toDraft), ...now.drafts],
  };
}

/** Returns the number of rows and transactions between the cuts of two runs. The result is infinity if a position moved back. */
function countNewRows(before: ItemCuts, cuts: ItemCuts): number {
  const counts = Object.entries(cuts.feeds).map(([name, seq]) => seq - (before.feeds[name] ?? 0));
  counts.push(cuts.ledger - before.ledger);
  return counts.some((count) => count < 0) ? Infinity : counts.reduce((sum, count) => sum + count, 0);
}

/**
 * Reads the breaks between the feed and the ledger that the previous run found. The breaks of the other legs are not included, because every
 * run observes these legs completely.
 * @returns `undefined` when the stored breaks do not match the run's summary
 */
async function readUnchangedBreaks(
  repository: ReconciliationRepository,
  runId: string,
  summary: RunSummary,
): Promise<Break[] | undefined> {
  const hash = createHash('sha256');
  const breaks: Break[] = [];
  for await (const stored of streamBreaks(repository, runId)) {
    addBreakToHash(hash, stored);
    const found = JSON.parse(stored.body) as Break;
    if (found.leg === undefined) breaks.push(found);
  }
  return hash.digest('hex') === summary.breaks.sha256 ? breaks : undefined;
}

/** Returns all versions of the items of each record that has a row between the cuts of the two runs. */
async function findChangedItems(
  repository: ReconciliationRepository,
  policyId: string,
  policy: Policy,
  before: ItemCuts,
  cuts: ItemCuts,
): Promise<ReconciliationItem[]> {
  const changed: ReconciliationItem[] = [];
  for (const [connector, cut] of Object.entries(cuts.feeds)) {
    for (let seq = before.feeds[connector] ?? 0; seq < cut;) {
      const rows = await repository.readFeedRows(connector, seq, Math.min(BATCH_ROWS, cut - seq));
      const ids = [...new Set(rows.map(({ recordId }) => recordId))];
      changed.push(...(await repository.findItemsOfRecords(policyId, 'psp', connector, ids)));
      seq = rows.at(-1)?.seq ?? cut;
      await yieldToEventLoop();
    }
  }
  for (let id = before.ledger; id < cuts.ledger;) {
    const read = await repository.readLedgerTransactions(policy.ledger, id, BATCH_ROWS);
    const ids = read.filter((transaction) => transaction.id <= cuts.ledger).map((each) => String(each.id));
    changed.push(...(await repository.findItemsOfRecords(policyId, 'ledger', policy.ledger, ids)));
    id = read.at(-1)?.id ?? cuts.ledger;
    await yieldToEventLoop();
  }
  return changed;
}

async function findReferencedItems(
  repository: ReconciliationRepository,
  policyId: string,
  references: readonly ItemReference[],
): Promise<ReconciliationItem[]> {
  const found: ReconciliationItem[] = [];
  for (const { side, source, recordId } of references)
    found.push(...(await repository.findItemsOfRecords(policyId, side, source, [recordId])));
  return found;
}

function toDraft({ class: name, items, reason, rule, key }: Break): BreakDraft {
  return {
    ...{ class: name, reason },
    items: items.map((item) => ({ ...item, amount: BigInt(item.amount), at: Date.parse(item.at) })),
    ...(rule !== undefined && { rule }),
    ...(key !== undefined && { key }),
  };
}

/** Subtracts the comparison `earlier` from the result of the previous run, and adds the comparison `now`. */
function combine(summary: RunSummary, earlier: ItemComparison, now: ItemComparison): ItemComparison {
  return {
    matches: combineMatches(summary.matches, earlier.matches, now.matches),
    tolerated: combineTolerated(summary.balances, earlier.tolerated, now.tolerated),
    totals: combineTotals(summary.balances, earlier.totals, now.totals),
    // The comparison `now` includes all links, because the items of links are compared in every run.
    lapsedLinks: now.lapsedLinks,
  };
}

function combineMatches(
  before: readonly MatchCount[],
  earlier: readonly MatchCount[],
  now: readonly MatchCount[],
): MatchCount[] {
  const counts = new Map<string, MatchCount>();
  const add = (sign: 1 | -1, { rule, kind, matches, rows, bookings }: MatchCount): void => {
    const count = counts.get(`${rule} ${kind}`) ?? { rule, kind, matches: 0, rows: 0, bookings: 0 };
    counts.set(`${rule} ${kind}`, count);
    count.matches += sign * matches;
    count.rows += sign * rows;
    count.bookings += sign * bookings;
  };
  for (const count of before) add(1, count);
  for (const count of earlier) add(-1, count);
  for (const count of now) add(1, count);
  return sortMatchCounts([...counts.values()].filter(({ matches }) => matches !== 0));
}

function combineTolerated(
  balances: readonly BalanceLine[],
  earlier: ItemComparison['tolerated'],
  now: ItemComparison['tolerated'],
): Map<string, bigint> {
  const sums = new Map(
    balances.map(({ account, asset, tolerated }) => [`${account} ${asset}`, BigInt(tolerated)]),
  );
  for (const [key, amount] of earlier) sums.set(key, (sums.get(key) ?? 0n) - amount);
  for (const [key, amount] of now) sums.set(key, (sums.get(key) ?? 0n) + amount);
  return new Map([...sums].filter(([, amount]) => amount !== 0n));
}

function combineTotals(
  balances: readonly BalanceLine[],
  earlier: AccountTotals,
  now: AccountTotals,
): AccountTotals {
  const totals: AccountTotals = new Map(
    balances.map(({ account, asset, psp, ledger, rows, bookings }) => [
      `${account} ${asset}`,
      { psp: BigInt(psp), ledger: BigInt(ledger), rows, bookings },
    ]),
  );
  const add = (sign: 1 | -1, changes: AccountTotals): void => {
    for (const [key, { psp, ledger, rows, bookings }] of changes) {
      const total = totals.get(key) ?? { psp: 0n, ledger: 0n, rows: 0, bookings: 0 };
      totals.set(key, {
        ...{ psp: total.psp + BigInt(sign) * psp, ledger: total.ledger + BigInt(sign) * ledger },
        ...{ rows: total.rows + sign * rows, bookings: total.bookings + sign * bookings },
      });
    }
  };
  add(-1, earlier);
  add(1, now);
  return new Map([...totals].filter(([, { rows, bookings }]) => rows + bookings > 0));
}
