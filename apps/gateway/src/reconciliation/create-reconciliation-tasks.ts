/** Creates the tasks that run policies by their schedule. */
import { runPolicy } from '@tributary/reconciliation';
import type { Store } from '@tributary/feed';
import type { Deployment, ReconciliationPolicyConfig } from '../config/index.js';
import type { Logger } from '../logging/index.js';
import type { ScheduledTask } from '../tasks/task-runner.js';
import { createRunSources } from './create-run-sources.js';

/**
 * Creates the tasks.
 * @returns a task for each policy that has `every`
 */
export function createReconciliationTasks(
  deployment: Deployment,
  store: Store,
  logger: Pick<Logger, 'info' | 'warn'>,
): ScheduledTask[] {
  return deployment.policies.flatMap((config) =>
    config.everyMs === undefined
      ? []
      : [
          {
            name: `reconciliation:${config.policy.name}`,
            everyMs: config.everyMs,
            run: () => runAndLog(deployment, config, store, logger),
          },
        ],
  );
}

async function runAndLog(
  deployment: Deployment,
  config: ReconciliationPolicyConfig,
  store: Store,
  logger: Pick<Logger, 'info' | 'warn'>,
): Promise<void> {
  const { policy } = config;
  const { id, summary } = await runPolicy(
    ...([store, policy, createRunSources(deployment, store, config), await store.currentTime()] as const),
  );
  const { verdict, breaks, problems } = summary;
  const level = verdict === 'incomplete' ? 'warn' : 'info';
  logger[level]({ policy: policy.name, run: id, verdict, breaks: breaks.count, problems }, 'reconciled');
}
