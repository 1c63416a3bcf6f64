/** Finds what the store says about connectors and policies that an operator has to look at. */
import type { Store } from '@tributary/feed';
import type { RunSummary } from '@tributary/reconciliation';
import type { Alert, AlertKind } from './alert.types.js';

/** The kinds that `findAlertsInStore` finds. */
export const STORE_ALERT_KINDS: readonly AlertKind[] = [
  ...(['reconciliation-verdict', 'stream-late', 'order-unknown', 'completeness-gap'] as const),
  'quarantine-growth',
];

export interface WatchedDeployment {
  /** Paths of the connectors. */
  connectors: readonly string[];
  /** Names of the policies. */
  policies: readonly string[];
  /** A stream that has not caught up for so long is late. */
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

async function findBadVerdict(store: Store, policy: string): Promise<Alert[]> {
  const [run] = await store.reconciliation().listRuns(policy, 1);
  if (!run || (run.verdict !== 'breaks' && run.verdict !== 'incomplete')) return [];
  const { classes, problems } = JSON.parse(run.summary) as RunSummary;
  const open = Object.values(classes).reduce((sum, states) => sum + (states.open ?? 0), 0);
  const text =
    run.verdict === 'incomplete'
      ? `Reconciliation ${policy} is incomplete: ${problems[0] ?? 'no reason is stored'}`
      : `Reconciliation ${policy} has ${open} open ${open === 1 ? 'break' : 'breaks'}; see tributary reconcile list ${policy}`;
  const cause = run.verdict === 'incomplete' ? problems.length : open;
  return [{ kind: 'reconciliation-verdict', subject: policy, text, fingerprint: `${run.verdict} ${cause}` }];
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
    // A stream that has never caught up is late as soon as a pull has failed.
    const caughtUpAt = success ? success.startedAt + success.duration : error === undefined ? now : 0;
    if (now - caughtUpAt < lateAfterMs) return [];
    const since = success
      ? `has not caught up since ${new Date(caughtUpAt).toISOString()}`
      : 'has never caught up';
    const text = `Stream ${stream} of ${connector} ${since}${error === undefined ? '' : `; the last pull failed: ${error}`}`;
    return [{ kind: 'stream-late', subject: `${connector} ${stream}`, text, fingerprint: 'late' }];
  });
}

async function findUnknownOrders(store: Store, connectors: readonly string[]): Promise<Alert[]> {
  const counts = await store.orderQueue().countByState(connectors, ['unknown']);
  return counts
    .filter(({ count }) => count > 0)
    .map(({ connector, count }) => ({
      ...{ kind: 'order-unknown', subject: connector, fingerprint: String(count) },
      text: `It is not known whether the money of ${count} ${count === 1 ? 'order' : 'orders'} of ${connector} left; see tributary orders ${connector}`,
    }));
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

/** The text has no reason of an entry: reasons can contain data of payments. */
async function findQuarantined(store: Store, connector: string): Promise<Alert[]> {
  const entries = await store.listQuarantine(connector);
  const newest = entries.reduce((latest, { since }) => Math.max(latest, since), 0);
  if (entries.length === 0) return [];
  const count = entries.length === 1 ? '1 entry' : `${entries.length} entries`;
  return [
    {
      ...{ kind: 'quarantine-growth', subject: connector, fingerprint: String(newest) },
      text: `The quarantine of ${connector} has ${count}, the newest since ${new Date(newest).toISOString()}; see tributary quarantine ${connector}`,
    },
  ];
}
