/** Creates the tasks that search for alerts and send them to the channels. */
import type { Store } from '@tributary/feed';
import type { Deployment } from '../config/index.js';
import type { Logger } from '../logging/index.js';
import type { ScheduledTask } from '../tasks/task-runner.js';
import { AlertDispatcher } from './alert-dispatcher.js';
import { findPausedSchedules } from './find-paused-schedules.js';
import { findAlertsInStore, STORE_ALERT_KINDS } from './find-alerts-in-store.js';

/** Time in ms between two searches for paused schedules in Formance. */
const FORMANCE_INTERVAL_MS = 15 * 60_000;

/**
 * Creates the tasks.
 * @returns an empty list when the deployment has no channel
 */
export function createAlertTasks(
  deployment: Deployment,
  store: Store,
  logger: Pick<Logger, 'error'>,
  redact: (text: string) => string,
): ScheduledTask[] {
  const { alerts, connectors, policies, name } = deployment;
  if (!alerts) return [];
  const { channels, quietHours, everyMs, streamLateAfterMs } = alerts;
  const dispatcher = new AlertDispatcher(store, {
    ...{ channels, logger, redact },
    ...(quietHours && { quietHours }),
    ...(name !== undefined && { deployment: name }),
  });
  const watched = {
    connectors: connectors.map(({ path }) => path),
    policies: policies.map(({ policy }) => policy.name),
    lateAfterMs: streamLateAfterMs,
  };
  const tasks: ScheduledTask[] = [
    {
      name: 'alerts:store',
      everyMs,
      run: async () => dispatcher.dispatch(STORE_ALERT_KINDS, await findAlertsInStore(store, watched)),
    },
  ];
  if (connectors.some(({ formance }) => formance !== undefined))
    tasks.push({
      name: 'alerts:formance',
      everyMs: FORMANCE_INTERVAL_MS,
      run: () => dispatchPausedSchedules(deployment, dispatcher),
    });
  return tasks;
}

/**
 * Searches for paused schedules in Formance, and sends the alerts.
 * @throws AggregateError if the schedules of a connector could not be read. The notices about the other connectors were sent before
 */
async function dispatchPausedSchedules(deployment: Deployment, dispatcher: AlertDispatcher): Promise<void> {
  const { alerts, failures } = await findPausedSchedules(deployment);
  await dispatcher.dispatch(['formance-schedule-paused'], alerts, new Set(failures.keys()));
  if (failures.size === 0) return;
  const errors = [...failures.values()];
  throw new AggregateError(errors, errors.map(({ message }) => message).join('; '));
}
