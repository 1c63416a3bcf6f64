/** Summarizes a run: one line for each account and asset, the difference that nothing explains, and the verdict. */
import type { BreakTotals } from '../breaks/break-totals.js';
import type { LegSummary } from '../legs/leg.types.js';
import { summarizeLegs } from '../legs/summarize-legs.js';
import { toAccountName, type Policy } from '../policy/policy.types.js';
import type { AccountTotal, ItemComparison } from './compare-items.js';
import type { BalanceLine, RunInputs, RunSummary } from './run.types.js';
import type { Verdict } from './verdict.js';

export function summarizeRun(
  policy: Policy,
  policyId: string,
  inputs: RunInputs,
  { matches, tolerated, totals, lapsedLinks }: ItemComparison,
  breaks: BreakTotals,
): Omit<RunSummary, 'breaks' | 'resolved'> {
  const { observations } = inputs;
  const balances = buildBalances(policy, observations.psp, tolerated, totals, breaks);
  const ledgerProblems = [...observations.problems, ...findSumProblems(policy, inputs, balances)];
  const summarized = summarizeLegs(policy, inputs, breaks, ledgerProblems);
  const problems = summarized.length === 0 ? ledgerProblems : summarized.flatMap((leg) => leg.problems);
  const legs = summarized.map(({ leg }) => leg);
  return {
    ...{ policy: policy.name, policyId, verdict: toVerdict(problems, breaks.classes, legs), problems },
    notMade: observations.notMade,
    ...(legs.length > 0 && { legs }),
    ...{ equation: describeEquation(policy), balances, matches },
    classes: sortByName(
      Object.fromEntries(Object.entries(breaks.classes).map(([name, states]) => [name, sortByName(states)])),
    ),
    tolerated: listTolerated(policy, tolerated),
    lapsedLinks,
  };
}

function toVerdict(
  problems: readonly string[],
  classes: RunSummary['classes'],
  legs: readonly LegSummary[],
): Verdict {
  const states = Object.values(classes);
  if (problems.length > 0) return 'incomplete';
  if (states.some(({ open = 0 }) => open > 0)) return 'breaks';
  const isPending =
    states.some(({ pending = 0 }) => pending > 0) || legs.some(({ verdict }) => verdict === 'pending');
  return isPending ? 'pending' : 'reconciled';
}

function describeEquation({ sign }: Policy): string {
  return sign === 'same'
    ? 'rows of the PSP - bookings of the ledger = tolerated differences + breaks'
    : 'rows of the PSP + bookings of the ledger = tolerated differences + breaks (the ledger account has the opposite sign; the report shows its bookings with the sign of the PSP)';
}

const NO_ITEMS: AccountTotal = { psp: 0n, ledger: 0n, rows: 0, bookings: 0 };

function buildBalances(
  policy: Policy,
  observed: RunInputs['observations']['psp'],
  tolerated: ReadonlyMap<string, bigint>,
  totals: ItemComparison['totals'],
  breaks: BreakTotals,
): BalanceLine[] {
  const addresses = new Map(policy.accounts.map((account) => [toAccountName(account), account.address]));
  const openings = new Map(observed.map(({ account, asset, opening }) => [`${account} ${asset}`, opening]));
  return [...totals.keys()].sort().map((key) => {
    const [account = '', asset = ''] = key.split(' ');
    const { psp, ledger, rows, bookings } = totals.get(key) ?? NO_ITEMS;
    const explained = [...(breaks.differences.get(key) ?? [])];
    const allowed = tolerated.get(key) ?? 0n;
    const residual = explained.reduce((rest, [, amount]) => rest - amount, psp - ledger - allowed);
    const opening = openings.get(key);
    return {
      ...{ account, address: addresses.get(account) ?? '', asset },
      ...{ psp: psp.toString(), ledger: ledger.toString(), difference: (psp - ledger).toString() },
      ...{ rows, bookings },
      ...{ tolerated: allowed.toString(), residual: residual.toString() },
      explained: sortByName(Object.fromEntries(explained.map(([name, amount]) => [name, amount.toString()]))),
      ...(opening !== undefined && { opening }),
    };
  });
}

/**
 * Compares the sums of the items with the sums that the store and the ledger calculated.
 * @returns a sentence for each difference
 */
function findSumProblems(
  policy: Policy,
  { observations }: RunInputs,
  balances: readonly BalanceLine[],
): string[] {
  const problems = balances
    .filter(({ residual }) => residual !== '0')
    .map(({ account, asset, residual }) => `${account}: ${residual} ${asset} are not explained by any break`);
  const lines = new Map(balances.map((line) => [`${line.account} ${line.asset}`, line]));
  for (const { account, asset, rows } of observations.psp) {
    const sum = lines.get(`${account} ${asset}`)?.psp ?? '0';
    if (sum !== rows)
      problems.push(
        `${account}: the rows up to the cut add up to ${sum} ${asset}; the store counted ${rows}`,
      );
  }
  const balancesOfLedger = new Set(observations.ledger?.map(({ account, asset }) => `${account} ${asset}`));
  if (observations.ledger)
    for (const { account, asset, ledger } of balances)
      if (ledger !== '0' && !balancesOfLedger.has(`${account} ${asset}`))
        problems.push(
          `${account}: the bookings add up to ${ledger} ${asset}; the ledger ${policy.ledger} has no balance`,
        );
  for (const { account, asset, balance } of observations.ledger ?? []) {
    const sum = lines.get(`${account} ${asset}`)?.ledger ?? '0';
    if (sum !== balance)
      problems.push(
        `${account}: the bookings up to the cut add up to ${sum} ${asset}; the ledger ${policy.ledger} says ${balance}`,
      );
  }
  return problems;
}

function listTolerated(policy: Policy, tolerated: ReadonlyMap<string, bigint>): RunSummary['tolerated'] {
  const rule = policy.rules.find(({ kind }) => kind === 'tolerance');
  if (rule?.kind !== 'tolerance') return [];
  const sums = new Map<string, bigint>();
  for (const [key, amount] of tolerated) {
    const asset = key.slice(key.lastIndexOf(' ') + 1);
    sums.set(asset, (sums.get(asset) ?? 0n) + amount);
  }
  return [...sums]
    .filter(([, amount]) => amount !== 0n)
    .sort()
    .map(([asset, amount]) => ({ address: rule.account, asset, amount: amount.toString() }));
}

function sortByName<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))) as T;
}
