/** Asks Formance which schedules of the connectors it has paused. */
import { examineConnectors } from '@tributary/formance';
import { withPaymentsClient } from '../cli/commands/formance/connect-to-formance.js';
import { groupByFormance } from '../cli/commands/formance/desired-connectors.js';
import type { Deployment } from '../config/index.js';
import type { Alert } from './alert.types.js';

/** @throws Error when a Formance cannot be asked: then nothing is known, and no alert is resolved */
export async function findPausedSchedules(deployment: Deployment): Promise<Alert[]> {
  const alerts: Alert[] = [];
  for (const group of groupByFormance(deployment, [])) {
    const facts = await withPaymentsClient(deployment, group, (client) =>
      examineConnectors(client, group.connectors),
    );
    for (const [index, found] of facts.entries()) {
      const path = group.connectors[index]?.path ?? '';
      if (found.kind === 'unreachable')
        throw new Error(`the schedules of ${path} in Formance are not known: ${found.message}`);
      if (found.kind !== 'found' || found.paused.length === 0) continue;
      const ids = found.paused.map(({ id }) => id).sort();
      alerts.push({
        ...{ kind: 'formance-schedule-paused', subject: path, fingerprint: ids.join(' ') },
        text: `Formance has paused ${ids.length === 1 ? '1 schedule' : `${ids.length} schedules`} of ${path}, so it sees no new data; see tributary formance doctor ${path}`,
      });
    }
  }
  return alerts;
}
