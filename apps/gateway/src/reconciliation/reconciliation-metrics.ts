/**
 * The metrics of the newest run of each policy. At a scrape, the values are read from the store, so all gateways report the same values.
 */
import type { ReconciliationRepository } from '@tributary/feed';
import { LEG_VERDICTS, VERDICTS, type RunSummary } from '@tributary/reconciliation';
import { Gauge, type Registry } from 'prom-client';
import { shareQuery } from '../metrics/share-query.js';

const MS_PER_SECOND = 1000;

interface NewestRun {
  policy: string;
  finishedAt: number;
  summary: RunSummary;
}

export function registerReconciliationMetrics(
  registry: Registry,
  repository: Pick<ReconciliationRepository, 'listRuns'>,
  listPolicies: () => readonly string[],
): void {
  const findRuns = shareQuery(() => readNewestRuns(repository, listPolicies()));
  const registerGauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    setValues: (gauge: Gauge<Label>, run: NewestRun) => void,
  ) =>
    new Gauge({
      ...{ name, help, labelNames: [...labelNames], registers: [registry] },
      async collect() {
        this.reset();
        for (const run of await findRuns()) setValues(this, run);
      },
    });
  registerGauge(
    'tributary_reconciliation_verdict',
    '1 for the verdict of the newest run, 0 for the others',
    ['policy', 'verdict'],
    (gauge, { policy, summary }) => {
      for (const verdict of VERDICTS) gauge.set({ policy, verdict }, verdict === summary.verdict ? 1 : 0);
    },
  );
  registerGauge(
    'tributary_reconciliation_leg_verdict',
    '1 for the verdict of each leg of the newest run, 0 for the others',
    ['policy', 'leg', 'verdict'],
    (gauge, { policy, summary }) => {
      for (const { leg, verdict } of summary.legs ?? [])
        for (const each of LEG_VERDICTS) gauge.set({ policy, leg, verdict: each }, each === verdict ? 1 : 0);
    },
  );
  registerGauge(
    'tributary_reconciliation_breaks',
    'Breaks of the newest run',
    ['policy', 'class', 'state'],
    (gauge, { policy, summary }) => {
      for (const [name, states] of Object.entries(summary.classes))
        for (const [state, count] of Object.entries(states)) gauge.set({ policy, class: name, state }, count);
    },
  );
  registerGauge(
    'tributary_reconciliation_difference',
    'Balance of the PSP minus balance of the ledger in the newest run, in minor units',
    ['policy', 'account', 'asset'],
    (gauge, { policy, summary }) => {
      for (const { account, asset, difference } of summary.balances)
        gauge.set({ policy, account, asset }, Number(difference));
    },
  );
  registerGauge(
    'tributary_reconciliation_last_run_seconds',
    'End of the newest run, in seconds since 1970',
    ['policy'],
    (gauge, { policy, finishedAt }) => gauge.set({ policy }, finishedAt / MS_PER_SECOND),
  );
  registerGauge(
    'tributary_reconciliation_oldest_break_seconds',
    'Time of the oldest open break of the newest run, in seconds since 1970',
    ['policy'],
    (gauge, { policy, summary: { breaks } }) => {
      if (breaks.oldestOpen !== undefined)
        gauge.set({ policy }, Date.parse(breaks.oldestOpen) / MS_PER_SECOND);
    },
  );
}

async function readNewestRuns(
  repository: Pick<ReconciliationRepository, 'listRuns'>,
  policies: readonly string[],
): Promise<NewestRun[]> {
  const runs: NewestRun[] = [];
  for (const policy of policies) {
    const [run] = await repository.listRuns(policy, 1);
    if (run)
      runs.push({ policy, finishedAt: run.finishedAt, summary: JSON.parse(run.summary) as RunSummary });
  }
  return runs;
}
