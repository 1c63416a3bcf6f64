/**
 * Books the movements of the bank in a ledger of Formance, and lets both Tributary and Formance Reconciliation compare the ledger with the
 * bank: with missing bookings, with equal sides, with one cent too much and too little, and with two mistakes that cancel out.
 */
import type { RunSummary } from '@tributary/reconciliation';
import { BANK_ACCOUNTS, type BankDay } from '../bank-history.js';
import type { ServedRow } from '../compare-payments.js';
import type { GatewayUnderTest } from '../gateway-under-test.js';
import { findReconciliationProblems, type ReconciledLedger } from '../reconciled-ledger.js';
import type { ScenarioContext } from '../scenario-context.js';
import { waitUntilSolved } from '../wait-until.js';
import {
  createFormancePolicy,
  describeFormanceVerdict,
  formatOpenBreaks,
  listBreaks,
  openLedger,
  runPolicy,
} from './run-policy.js';

const HOUR_MS = 3_600_000;
const [EUR] = BANK_ACCOUNTS;

/** A day of the bank whose statements the gateway has read. */
export interface ClosedDay extends BankDay {
  /** The time of the closing balances in the responses of the gateway, in milliseconds since 1970. */
  at: number;
}

export async function reconcileBank(context: ScenarioContext, closed: readonly ClosedDay[]): Promise<void> {
  const { gateway, settings, results } = context;
  if (settings.ledgerUrl === undefined)
    return results.skip('reconciliation', 'FORMANCE_LEDGER_URL is not set');
  const { ledger, close } = openLedger(context);
  try {
    await ledger.create();
    const rows = await gateway.listRows('bank');
    const [last, ...earlier] = [...closed].reverse();
    if (last === undefined) throw new Error('the bank has no closed day');
    await bookOpenings(ledger, gateway, closed, rows);
    for (const day of earlier) await bookDay(ledger, gateway, closed, day, rows);
    if (gateway.withoutPolicies === undefined)
      await checkMissingBookings(context, selectRows(closed, last, rows).length);
    await bookDay(ledger, gateway, closed, last, rows);
    const policyId = await reconcileInFormance(context, ledger, closed, last);
    if (gateway.withoutPolicies === undefined) await compareVerdicts(context, ledger, policyId);
    else results.skip('reconciliation by Tributary', gateway.withoutPolicies);
  } finally {
    close();
  }
}

/**
 * Lets Formance Reconciliation compare the pool with the ledger at each closing, and now.
 * @returns the id of its policy; `undefined` without the service Reconciliation
 */
async function reconcileInFormance(
  { gateway, settings, results }: ScenarioContext,
  ledger: ReconciledLedger,
  closed: readonly ClosedDay[],
  last: ClosedDay,
): Promise<string | undefined> {
  if (settings.reconciliationUrl === undefined) {
    results.skip('reconciliation by Formance', 'FORMANCE_RECONCILIATION_URL is not set');
    return undefined;
  }
  const policyId = await createFormancePolicy(gateway, 'bank');
  for (const { at, closing } of closed)
    results.add(
      `reconciliation at the closing ${new Date(at).toISOString()}`,
      findReconciliationProblems(await ledger.reconcile(policyId, at), closing),
    );
  results.add(
    'reconciliation now',
    await waitUntilSolved(
      async () => findReconciliationProblems(await ledger.reconcile(policyId, Date.now()), last.closing),
      settings.timeoutMs,
    ),
  );
  return policyId;
}

/** Books the opening balance of each account, without a reference, because the bank has no row for it. */
async function bookOpenings(
  ledger: ReconciledLedger,
  gateway: GatewayUnderTest,
  closed: readonly ClosedDay[],
  rows: readonly ServedRow[],
): Promise<void> {
  const [first] = closed;
  if (first === undefined) return;
  for (const { account, asset } of BANK_ACCOUNTS) {
    const moved = selectRows(closed, first, rows)
      .filter(({ currency }) => currency === asset)
      .reduce((sum, row) => sum + toAmount(row), 0n);
    const amount = (first.change.get(asset) ?? 0n) - moved;
    await ledger.book({
      account: gateway.toLedgerAccount('bank', account),
      asset,
      amount,
      at: first.at - HOUR_MS,
    });
  }
}

/** Books each row of a day, with the id of the row as the reference. */
async function bookDay(
  ledger: ReconciledLedger,
  gateway: GatewayUnderTest,
  closed: readonly ClosedDay[],
  day: ClosedDay,
  rows: readonly ServedRow[],
): Promise<void> {
  for (const row of selectRows(closed, day, rows)) {
    const bank = BANK_ACCOUNTS.find(({ asset }) => asset === row.currency);
    if (!bank) throw new Error(`the bank has no account in ${row.currency}`);
    await ledger.book({
      ...{ account: gateway.toLedgerAccount('bank', bank.account), asset: bank.asset, amount: toAmount(row) },
      ...{ at: day.at - HOUR_MS, reference: row.id },
    });
  }
}

/** Returns the rows that were booked at the bank on this day. */
function selectRows(closed: readonly ClosedDay[], day: ClosedDay, rows: readonly ServedRow[]): ServedRow[] {
  const before = closed[closed.indexOf(day) - 1]?.at ?? 0;
  return rows.filter(({ createdAt }) => {
    const time = Date.parse(createdAt);
    return time >= before && time < day.at;
  });
}

function toAmount({ type, amount }: ServedRow): bigint {
  return type === 'PAYOUT' ? -BigInt(amount) : BigInt(amount);
}

/** The last day is not booked yet: each of its rows must be a break, and each opening balance is a booking without a key. */
async function checkMissingBookings({ gateway, results }: ScenarioContext, missing: number): Promise<void> {
  const summary = await runPolicy(gateway, 'bank');
  results.add(
    'Tributary: the rows of the last day have no bookings yet',
    compareClasses(summary, { 'missing-in-ledger': missing, 'no-key': BANK_ACCOUNTS.length }),
  );
  for (const { id } of await listBreaks(gateway, 'bank', '--class', 'no-key'))
    await gateway.runText('reconcile', 'accept', id, '--note', 'opening balance', '--by', 'e2e');
}

/** Makes mistakes in the ledger, and compares what Tributary and Formance Reconciliation say about each. */
async function compareVerdicts(
  context: ScenarioContext,
  ledger: ReconciledLedger,
  policyId: string | undefined,
): Promise<void> {
  const { gateway, results } = context;
  const steps: readonly { what: string; amount: bigint; verdict: string; breaks: number }[] = [
    { what: 'everything is booked', amount: 0n, verdict: 'reconciled', breaks: 0 },
    { what: 'the ledger has one cent too much', amount: 1n, verdict: 'breaks', breaks: 1 },
    { what: 'the ledger has one cent too little', amount: -2n, verdict: 'breaks', breaks: 2 },
    { what: 'the mistakes cancel out', amount: 1n, verdict: 'breaks', breaks: 3 },
  ];
  for (const [index, { what, amount, verdict, breaks }] of steps.entries()) {
    if (amount !== 0n)
      await ledger.book({
        ...{ account: gateway.toLedgerAccount('bank', EUR.account), asset: EUR.asset, amount },
        ...{ at: Date.now() - HOUR_MS, reference: `mistake-${index}` },
      });
    const summary = await runPolicy(gateway, 'bank');
    const expected: Record<string, number> = breaks === 0 ? {} : { 'missing-at-psp': breaks };
    const problems = compareClasses(summary, expected);
    if (summary.verdict !== verdict) problems.push(`the verdict is ${summary.verdict} instead of ${verdict}`);
    results.add(`Tributary: ${what}: ${summary.verdict}, ${breaks} open breaks`, problems);
    results.compare({
      ...{ state: what, tributary: `${summary.verdict}, ${formatOpenBreaks(breaks)}` },
      formance: await describeFormanceVerdict(ledger, policyId, Date.now(), EUR.asset),
    });
  }
}

/** Compares the open breaks of a run with the expected number of each class, and checks that the run is complete. */
function compareClasses(
  { classes, problems, balances }: RunSummary,
  expected: Readonly<Record<string, number>>,
): string[] {
  const open = Object.entries(classes).filter(([, states]) => (states.open ?? 0) > 0);
  const found = Object.fromEntries(open.map(([name, states]) => [name, states.open]));
  return [
    ...problems,
    ...balances.filter(({ residual }) => residual !== '0').map(({ account }) => `${account} has a residual`),
    ...(JSON.stringify(found) === JSON.stringify(expected)
      ? []
      : [`the open breaks are ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`]),
  ];
}
