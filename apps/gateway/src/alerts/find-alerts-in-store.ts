/** Finds alerts about connectors and policies in the data of the store. */
import { formatTime } from '@tributary/connector-api';
import type { Store } from '@tributary/feed';
import type { RunSummary, Verdict } from '@tributary/reconciliation';
import { createHash } from 'node:crypto';
import type { Alert, AlertKind } from './alert.types.js';

/**
 * The maximum number of ids in a fingerprint. The fingerprint also contains the number of all ids, so it changes if further ids are added.
 */
const MAX_FINGERPRINTED_IDS = 100;

/** The kinds of alerts that `findAlertsInStore` can find. */
export const STORE_ALERT_KINDS: readonly AlertKind[] = [
  ...(['reconciliation-verdict', 'stream-late', 'order-unknown', 'completeness-gap'] as const),
  'quarantine-growth',
];

export interface WatchedDeployment {
  /** Paths of the connectors. */
  connectors: readonly string[];
  /** Names of the policies. */
  policies: readonly string[];
  /** Time in ms without a complete pull after which a stream is late. */
  lateAfterMs: number;
}

export async function findAlertsInStore(store: Store, watched: WatchedDeployment): Promise<Alert[]> {
  const { connectors, policies, lateAfterMs } = watched;
  const alerts = await findUnknownOrders(store, connectors);
  for (const policy of policies) alerts.push(...(await findBadVerdict(store, policy)));
  const now = await store.currentTime();
  for (const connector of connectors)
    alerts.push(
      ...(await findLateStreams(store, connector, now, lateAfterMs)),
      ...(await findGaps(store, connector)),
      ...(await findQuarantined(store, connector)),
    );
  return alerts;
}

/**
 * Finds a bad result of a policy's newest run. The text does not contain the problems of the run, because they can contain amounts and
 * responses of the ledger.
 */
async function findBadVerdict(store: Store, policy: string): Promise<Alert[]> {
  const repository = store.reconciliation();
  const [run] = await repository.listRuns(policy, 1);
  if (!run || (run.verdict !== 'breaks' && run.verdict !== 'incomplete')) return [];
  const alert = { kind: 'reconciliation-verdict', subject: policy } as const;
  const { classes, problems, legs = [] } = JSON.parse(run.summary) as RunSummary;
  if (run.verdict === 'incomplete')
    return [
      {
        ...{ ...alert, fingerprint: `incomplete ${createFingerprint(problems.length, problems)}` },
        text: `Reconciliation ${policy} is incomplete because of ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}${describeLegs(legs, 'incomplete')}; see tributary reconcile list ${policy} --runs --json`,
      },
    ];
  const open = Object.values(classes).reduce((sum, states) => sum + (states.open ?? 0), 0);
  const ids = await repository.listBreakIds(run.id, 'open', MAX_FINGERPRINTED_IDS);
  return [
    {
      ...{ ...alert, fingerprint: `breaks ${createFingerprint(open, ids)}` },
      text: `Reconciliation ${policy} has ${open} open ${open === 1 ? 'break' : 'breaks'}${describeLegs(legs, 'breaks')}; see tributary reconcile list ${policy}`,
    },
  ];
}

/** Names the legs with this verdict: ` (feed, ledger)`. The result is empty for a run of an earlier release. */
function describeLegs(legs: NonNullable<RunSummary['legs']>, verdict: Verdict): string {
  const found = legs.filter((leg) => leg.verdict === verdict).map(({ leg }) => leg);
  return found.length === 0 ? '' : ` (${found.join(', ')})`;
}

async function findLateStreams(
  store: Store,
  connector: string,
  now: number,
  lateAfterMs: number,
): Promise<Alert[]> {
  const successes = new Map(
    (await store.findLastSuccessfulSyncRuns(connector)).map((run) => [run.stream, run]),
  );
  return (await store.findLastSyncRuns(connector)).flatMap(({ stream, error }): Alert[] => {
    const success = successes.get(stream);
    // A stream that was never read completely is late as soon as a pull has failed.
    const caughtUpAt = success ? success.startedAt + success.duration : error === undefined ? now : 0;
    if (now - caughtUpAt < lateAfterMs) return [];
    const since = success ? `has not caught up since ${formatTime(caughtUpAt)}` : 'has never caught up';
    const text = `Stream ${stream} of ${connector} ${since}${error === undefined ? '' : `; the last pull failed: ${error}`}`;
    return [{ kind: 'stream-late', subject: `${connector} ${stream}`, text, fingerprint: 'late' }];
  });
}

async function findUnknownOrders(store: Store, connectors: readonly string[]): Promise<Alert[]> {
  const counts = await store.orderQueue().countByState(connectors, ['unknown']);
  const alerts: Alert[] = [];
  for (const { connector, count } of counts) {
    const orders = await store.orders(connector).findByState(['unknown'], MAX_FINGERPRINTED_IDS);
    const ids = orders.map(({ id }) => id).toSorted();
    alerts.push({
      ...{ kind: 'order-unknown', subject: connector, fingerprint: createFingerprint(count, ids) },
      text: `It is not known whether the money of ${count} ${count === 1 ? 'order' : 'orders'} of ${connector} left; see tributary orders ${connector}`,
    });
  }
  return alerts;
}

async function findGaps(store: Store, connector: string): Promise<Alert[]> {
  const sums = await store.completeness(connector).list();
  return sums.flatMap(({ accountId, asset, check: { gap } }): Alert[] =>
    gap
      ? [
          {
            ...{ kind: 'completeness-gap', subject: `${connector} ${accountId} ${asset}` },
            ...{ fingerprint: gap.amount.toString() },
            text: `The rows of account ${accountId} of ${connector} do not explain its balance in ${asset}; see tributary quarantine ${connector} --gaps`,
          },
        ]
      : [],
  );
}

/**
 * Finds unresolved entries of the quarantine. The text does not contain the reasons of the entries, because they can contain data of
 * payments.
 */
async function findQuarantined(store: Store, connector: string): Promise<Alert[]> {
  const summaries = await store.operator().summarizeQuarantine({ connectors: [connector] });
  if (summaries.length === 0) return [];
  const count = summaries.reduce((sum, each) => sum + each.count, 0);
  const newest = Math.max(...summaries.map(({ newestSince }) => newestSince));
  return [
    {
      ...{ kind: 'quarantine-growth', subject: connector, fingerprint: `${count} ${newest}` },
      text: `The quarantine of ${connector} has ${count} ${count === 1 ? 'entry' : 'entries'}, the newest since ${formatTime(newest)}; see tributary quarantine ${connector}`,
    },
  ];
}

/**
 * Creates the fingerprint of an alert. It contains the causes besides their number: if one cause ends and another begins between two
 * checks, the number stays the same.
 */
function createFingerprint(count: number, causes: readonly string[]): string {
  return `${count} ${createHash('sha256').update(JSON.stringify(causes)).digest('hex')}`;
}
