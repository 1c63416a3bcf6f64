/** Reads from Formance which schedules of the connectors are paused. */
import { examineConnectors, type FormanceFacts } from '@tributary/formance';
import { withPaymentsClient } from '../cli/commands/formance/connect-to-formance.js';
import { groupByFormance, type ConnectorsOfFormance } from '../cli/commands/formance/group-by-formance.js';
import type { Deployment } from '../config/index.js';
import type { Alert } from './alert.types.js';

export interface PausedSchedules {
  alerts: Alert[];
  /** The reasons why the schedules of connectors could not be read, by connector path. */
  failures: Map<string, Error>;
}

/**
 * Reads the schedules from each Formance of the deployment. If one Formance does not respond, the connectors of the others are not
 * affected.
 */
export async function findPausedSchedules(deployment: Deployment): Promise<PausedSchedules> {
  const alerts: Alert[] = [];
  const failures = new Map<string, Error>();
  for (const group of groupByFormance(deployment, [])) {
    const facts = await examineGroup(deployment, group);
    for (const [index, { path }] of group.connectors.entries()) {
      const found = facts instanceof Error ? facts : facts[index];
      if (found === undefined || found instanceof Error)
        failures.set(path, toFailure(path, found?.message ?? 'there was no answer', found));
      else if (found.kind === 'unreachable') failures.set(path, toFailure(path, found.message));
      else if (found.kind === 'ambiguous') failures.set(path, toFailure(path, found.reason));
      else if (found.kind === 'found' && found.paused.length > 0)
        alerts.push(
          toAlert(
            path,
            found.paused.map(({ id }) => id),
          ),
        );
    }
  }
  return { alerts, failures };
}

async function examineGroup(
  deployment: Deployment,
  group: ConnectorsOfFormance,
): Promise<FormanceFacts[] | Error> {
  try {
    return await withPaymentsClient(deployment, group, (client) =>
      examineConnectors(client, group.connectors),
    );
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function toFailure(path: string, reason: string, cause?: Error): Error {
  return new Error(`the schedules of ${path} in Formance are not known: ${reason}`, { cause });
}

function toAlert(path: string, schedules: readonly string[]): Alert {
  const ids = [...schedules].sort();
  return {
    ...{ kind: 'formance-schedule-paused', subject: path, fingerprint: ids.join(' ') },
    text: `Formance has paused ${ids.length === 1 ? '1 schedule' : `${ids.length} schedules`} of ${path}, so it sees no new data; see tributary formance doctor ${path}`,
  };
}
