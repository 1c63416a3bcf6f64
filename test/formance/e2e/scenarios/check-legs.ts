/**
 * Proves the leg from the feed to Formance Payments: Payments has each row of the scripted PSP, in every status; each fault in the database of
 * Payments is a break of the right class; and amounts that the PSP corrects later are breaks, because Formance keeps the first amount. The
 * same states are reconciled by Formance Reconciliation.
 */
import type { Break, BreakClass, BreakObject } from '@tributary/reconciliation';
import { PaymentsDatabase } from '../payments-database.js';
import type { ReconciledLedger } from '../reconciled-ledger.js';
import type { ScenarioContext } from '../scenario-context.js';
import {
  changeRows,
  CORRECTIONS,
  createScriptedRows,
  findEffects,
  PAYEE,
  RETYPED,
  STATUS_CHANGES,
  toScriptedData,
  type RowChanges,
  type ScriptedRow,
} from '../scripted-rows.js';
import { waitUntilSolved } from '../wait-until.js';
import { compareDelivery, compareNewestBalances } from './compare-delivery.js';
import {
  createFormancePolicy,
  describeFormanceVerdict,
  formatOpenBreaks,
  listBreaks,
  openLedger,
  runPolicy,
} from './run-policy.js';

const DAY_MS = 86_400_000;
const ASSET = 'EUR/2';

/** A fault in Payments, and the break that it must cause. */
interface Fault {
  what: string;
  apply: (database: PaymentsDatabase) => Promise<void>;
  class: BreakClass;
  kind: BreakObject['kind'];
  id: string;
  /** A part of the reason. */
  reason: string;
}

const MISSING = { class: 'missing-in-payments' } as const;
const DIFFERENT = { class: 'differs-in-payments' } as const;
const UNEXPECTED = { class: 'unexpected-in-payments' } as const;
const PAYMENT = { kind: 'payment' } as const;
const VERSION = { kind: 'adjustment' } as const;

const FAULTS: readonly Fault[] = [
  {
    ...{ what: 'a payment is missing', ...MISSING, ...PAYMENT, id: 'plain-60' },
    ...{
      apply: (database) => database.deletePayment('plain-60'),
      reason: 'does not have the PAYIN plain-60',
    },
  },
  {
    ...{ what: 'the amount is a cent too high', ...DIFFERENT, ...PAYMENT, id: 'plain-61' },
    ...{ apply: (database) => database.addToAmount('plain-61', 'amount', 1) },
    reason: 'the amount is 1062 instead of 1061',
  },
  {
    ...{ what: 'the amount is a cent too low', ...DIFFERENT, ...PAYMENT, id: 'plain-62' },
    ...{ apply: (database) => database.addToAmount('plain-62', 'amount', -1) },
    reason: 'the amount is 1061 instead of 1062',
  },
  {
    ...{ what: 'the initial amount is a cent too high', ...DIFFERENT, ...PAYMENT, id: 'plain-64' },
    ...{ apply: (database) => database.addToAmount('plain-64', 'initial_amount', 1) },
    reason: 'the initial amount is 1065 instead of 1064',
  },
  {
    ...{ what: 'a large amount is a cent too high', ...DIFFERENT, ...PAYMENT, id: 'large' },
    ...{ apply: (database) => database.addToAmount('large', 'amount', 1) },
    reason: 'the amount is 9007199254740994 instead of 9007199254740993',
  },
  {
    ...{ what: 'the asset is another one', ...DIFFERENT, ...PAYMENT, id: 'plain-65' },
    ...{
      apply: (database) => database.setAsset('plain-65', 'USD/2'),
      reason: 'the asset is USD/2 instead of EUR/2',
    },
  },
  {
    ...{ what: 'the status is an old one', ...DIFFERENT, ...PAYMENT, id: 'plain-66' },
    ...{ apply: (database) => database.setStatus('plain-66', 'PENDING') },
    reason: 'the status is PENDING instead of SUCCEEDED',
  },
  {
    ...{ what: 'a payment has no versions, so Payments does not list it', ...MISSING, ...PAYMENT },
    ...{ id: 'plain-68', apply: (database) => database.deleteVersions('plain-68', 1) },
    reason: 'does not have the PAYIN plain-68',
  },
  {
    ...{ what: 'a version is missing', ...MISSING, ...VERSION, id: 'decided' },
    ...{ apply: (database) => database.deleteVersion('decided', 'PENDING') },
    reason: 'the version PENDING of the row decided is missing',
  },
  {
    ...{ what: 'a version was added', ...UNEXPECTED, ...VERSION, id: 'disputed' },
    ...{ apply: (database) => database.addVersion('disputed', 'SUCCEEDED', 'FAILED') },
    reason: 'Formance has a version FAILED of disputed',
  },
  {
    ...{ what: 'a payment was added', ...UNEXPECTED, ...PAYMENT, id: 'added' },
    ...{
      apply: (database) => database.copyPayment('plain-69', 'added'),
      reason: 'no row of the gateway has this id',
    },
  },
  {
    ...{ what: 'a beneficiary is missing', ...MISSING, kind: 'beneficiary', id: PAYEE },
    ...{
      apply: (database) => database.deleteAccount(PAYEE),
      reason: `does not have the beneficiary ${PAYEE}`,
    },
  },
];

/** Faults of a balance. Formance Reconciliation can see these, because it compares balances only. */
const BALANCE_FAULTS: readonly Fault[] = (
  [
    ['high', 1],
    ['low', -1],
  ] as const
).map(([word, cents]) => ({
  ...{ what: `the balance in Payments is a cent too ${word}`, ...DIFFERENT, kind: 'balance', id: 'main' },
  apply: (database) => database.addToBalance('main', ASSET, cents),
  reason: `the balance of the account main in ${ASSET} is`,
}));

export async function checkLegs(context: ScenarioContext): Promise<void> {
  const { gateway, results } = context;
  let rows = createScriptedRows(Date.now() - DAY_MS);
  await serveRows(context, rows, {});
  for (const changes of STATUS_CHANGES) {
    rows = changeRows(rows, changes, Date.now());
    await serveRows(context, rows, changes);
  }
  await compareDelivery(context, 'scripted');
  await compareNewestBalances(context, 'scripted');
  if (gateway.withoutPolicies !== undefined)
    return results.skip('reconciliation with Payments', gateway.withoutPolicies);
  const { ledger, close } = openLedger(context);
  try {
    await ledger.create();
    await bookRows(context, ledger, rows);
    await compareStates(context, ledger);
    await checkCorrections(context, rows);
  } finally {
    close();
  }
}

/** Lets the PSP show these rows, and waits until the gateway serves them. */
async function serveRows(
  { gateway, settings }: ScenarioContext,
  rows: readonly ScriptedRow[],
  changes: RowChanges,
): Promise<void> {
  gateway.setScriptedData(toScriptedData(rows));
  const problems = await waitUntilSolved(async () => {
    const served = new Map((await gateway.listRows('scripted')).map((row) => [row.id, row]));
    return [
      ...rows.filter(({ id }) => !served.has(id)).map(({ id }) => `the gateway does not serve ${id}`),
      ...rows
        .filter(({ id, type, status, amount }) => {
          const row = served.get(id);
          const isNew = row?.type === type && row.status === status && row.amount === amount.amount;
          return id in changes && !isNew;
        })
        .map(({ id }) => `the gateway serves an old version of ${id}`),
    ];
  }, settings.timeoutMs);
  if (problems.length > 0) throw new Error(problems.join('; '));
}

/** Books each row that changes a balance, with its id as the reference. */
async function bookRows(
  { gateway }: ScenarioContext,
  ledger: ReconciledLedger,
  rows: readonly ScriptedRow[],
): Promise<void> {
  for (const row of rows) {
    const changes = findEffects(row).map(({ accountId, ...change }) => ({
      ...change,
      account: gateway.toLedgerAccount('scripted', accountId),
    }));
    if (changes.length > 0)
      await ledger.bookChanges(changes, { at: Date.parse(row.createdAt), reference: row.id });
  }
}

/**
 * Compares all sides while the gateway is stopped, so that Payments does not read the right balances again: without a fault, with each
 * fault, and again without.
 */
async function compareStates(context: ScenarioContext, ledger: ReconciledLedger): Promise<void> {
  const { gateway, payments, settings, results } = context;
  const { paymentsDatabase } = settings;
  const policyId =
    settings.reconciliationUrl === undefined ? undefined : await createFormancePolicy(gateway, 'scripted');
  const cut = Date.now();
  const askFormance = () => describeFormanceVerdict(ledger, policyId, cut, ASSET);
  await gateway.stop();
  try {
    await checkReconciled(context, 'Payments and the ledger have every row', askFormance);
    if (paymentsDatabase === undefined)
      return results.skip('faults in Payments', 'FORMANCE_PAYMENTS_DATABASE is not set');
    const connectorId = await payments.findConnectorId(gateway.getPath('scripted'));
    const database = await PaymentsDatabase.open(paymentsDatabase, connectorId);
    try {
      const groups = [
        { state: `${FAULTS.length} faults in the payments of Payments`, faults: FAULTS },
        ...BALANCE_FAULTS.map((fault) => ({ state: fault.what, faults: [fault] })),
      ];
      for (const { state, faults } of groups) {
        try {
          for (const { apply } of faults) await apply(database);
          await checkFaults(context, state, faults, askFormance);
        } finally {
          await database.restore();
        }
      }
      await checkReconciled(context, 'every fault is undone', askFormance);
    } finally {
      await database.close();
    }
  } finally {
    await gateway.start();
  }
}

async function checkReconciled(
  { gateway, results }: ScenarioContext,
  state: string,
  askFormance: () => Promise<string>,
): Promise<void> {
  const { verdict, legs, problems } = await runPolicy(gateway, 'scripted');
  const leg = legs?.find((each) => each.leg === 'payments');
  const found = [
    ...problems,
    ...(leg?.reasons ?? []),
    ...(verdict === 'reconciled' ? [] : [`the verdict is ${verdict}`]),
    ...(leg?.verdict === 'reconciled' ? [] : [`the verdict of the leg to Payments is ${leg?.verdict}`]),
  ];
  results.add(`Tributary: ${state}: reconciled`, found);
  results.compare({ state, tributary: verdict, formance: await askFormance() });
}

/** Checks that a run has exactly one open break for each fault. */
async function checkFaults(
  context: ScenarioContext,
  state: string,
  faults: readonly Fault[],
  askFormance: () => Promise<string>,
): Promise<void> {
  const { results } = context;
  const { verdict, breaks } = await runUntilDecided(context);
  for (const fault of faults)
    results.add(`Tributary: ${fault.what}: ${fault.class}`, findReasonProblems(breaks, fault));
  results.add(`Tributary: ${state}: no other break`, findOtherReasons(breaks, faults));
  const tributary = `${verdict}, ${formatOpenBreaks(breaks.length)}`;
  results.compare({ state, tributary, formance: await askFormance() });
}

/**
 * Runs the policy twice. A difference that is seen for the first time is pending, because Formance may still be storing rows; the second
 * run decides.
 */
async function runUntilDecided({
  gateway,
}: ScenarioContext): Promise<{ verdict: string; breaks: readonly Break[] }> {
  await runPolicy(gateway, 'scripted');
  const { verdict } = await runPolicy(gateway, 'scripted');
  return { verdict, breaks: await listBreaks(gateway, 'scripted', '--state', 'open') };
}

function isBreakOf(
  { class: breakClass, object }: Break,
  fault: Pick<Fault, 'class' | 'kind' | 'id'>,
): boolean {
  return breakClass === fault.class && object?.kind === fault.kind && object.id === fault.id;
}

/** A correction of the PSP, and the break that it must cause. */
type CorrectionBreak = Pick<Fault, 'what' | 'class' | 'kind' | 'id' | 'reason'>;

/** Corrects amounts and a type at the PSP after Formance has read them. */
async function checkCorrections(context: ScenarioContext, rows: readonly ScriptedRow[]): Promise<void> {
  const { results } = context;
  const changes: RowChanges = Object.fromEntries(
    [...Object.values(CORRECTIONS), RETYPED].map(({ id, ...change }) => [id, change]),
  );
  await serveRows(context, changeRows(rows, changes, Date.now()), changes);
  await waitUntilRequested(context);
  const { breaks } = await runUntilDecided(context);
  const ofPayments = breaks.filter(({ leg }) => leg === 'payments');
  const expected: CorrectionBreak[] = [
    ...Object.entries(CORRECTIONS).map(([what, { id, amount }]) => {
      const before = rows.find((row) => row.id === id)?.amount.amount;
      const reason = `the amount is ${before} instead of ${amount}. The PSP changed the amount later`;
      return { what: `an amount, ${what}`, ...DIFFERENT, ...PAYMENT, id, reason };
    }),
    {
      ...{ what: 'the type of a row', ...UNEXPECTED, ...PAYMENT, id: RETYPED.id },
      reason: `the PSP changed this row to ${RETYPED.type} later, and Formance keeps both payments`,
    },
  ];
  for (const correction of expected)
    results.add(
      `Tributary: the PSP corrects ${correction.what}: ${correction.class}`,
      findReasonProblems(ofPayments, correction),
    );
  results.add(
    'Tributary: the PSP corrects rows: no other break of the leg to Payments',
    findOtherReasons(ofPayments, expected),
  );
}

/** Checks that there is one break of a fault, with its reason. */
function findReasonProblems(breaks: readonly Break[], fault: CorrectionBreak): string[] {
  const reasons = breaks.filter((each) => isBreakOf(each, fault)).map(({ reason }) => reason);
  return reasons.length === 1 && reasons[0]!.includes(fault.reason)
    ? []
    : [`its breaks are ${JSON.stringify(reasons)} instead of one with ${JSON.stringify(fault.reason)}`];
}

/** Returns the reasons of the breaks that no fault explains. */
function findOtherReasons(breaks: readonly Break[], faults: readonly CorrectionBreak[]): string[] {
  return breaks
    .filter((each) => !faults.some((fault) => isBreakOf(each, fault)))
    .map((each) => `${each.class}: ${each.reason}`);
}

/** Waits until Formance has requested the newest rows and balances. */
async function waitUntilRequested({ gateway, settings }: ScenarioContext): Promise<void> {
  const problems = await waitUntilSolved(async () => {
    const { output } = await gateway.runCommand('formance', 'verify', gateway.getPath('scripted'));
    const [{ counts, differences }] = output as [
      { counts: { inTransit: number; accountsInTransit: number }; differences: { object: string }[] },
    ];
    const stored = differences.filter(({ object }) => object !== 'payment').length;
    return counts.inTransit + counts.accountsInTransit + stored === 0 ? [] : ['Formance is behind'];
  }, settings.timeoutMs);
  if (problems.length > 0) throw new Error('Formance has not requested the corrected rows');
}
