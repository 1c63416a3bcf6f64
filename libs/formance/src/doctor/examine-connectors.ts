/**
 * Reads the state of the deployment file's connectors from Formance, and resumes paused schedules. Nothing is changed unless the caller
 * requests that schedules are resumed.
 */
import { FormanceError } from '../http/formance-error.js';
import { findInstalledConnector } from '../install/find-installed.js';
import type { DesiredConnector } from '../install/desired-connector.js';
import type { PaymentsClient } from '../payments/payments-client.js';
import type { InstalledConnector, Schedule } from '../payments/payments.types.js';
import type { FormanceFacts } from './doctor.types.js';

/**
 * The maximum number of schedules of a connector that are read. There can be many, because each account has its own schedule for its
 * balances.
 */
const MAX_SCHEDULES = 1_000;
/** The maximum number of schedules whose last run is read. */
const MAX_EXAMINED_SCHEDULES = 10;
const BALANCES_SCHEDULE = 'FETCH_BALANCES';

/**
 * Returns the state of each connector in Formance, in the sequence of `connectors`. If the state of a connector cannot be read, its entry
 * contains the failure.
 */
export async function examineConnectors(
  client: PaymentsClient,
  connectors: readonly DesiredConnector[],
): Promise<FormanceFacts[]> {
  const installed: InstalledConnector[] = [];
  try {
    for await (const connector of client.listConnectors()) installed.push(connector);
  } catch (error) {
    return connectors.map(() => toUnreachable(error));
  }
  const facts: FormanceFacts[] = [];
  for (const desired of connectors)
    facts.push(await examineConnector(client, desired, installed).catch(toUnreachable));
  return facts;
}

/**
 * Sends the present configuration of a connector to Formance again. This resumes the paused schedules of the connector.
 * @throws FormanceError if Formance rejects the request or cannot be reached
 */
export async function resumeSchedules(
  client: PaymentsClient,
  { connector, config }: Extract<FormanceFacts, { kind: 'found' }>,
): Promise<void> {
  await client.updateGenericConfig(connector.id, config);
}

async function examineConnector(
  client: PaymentsClient,
  desired: DesiredConnector,
  installed: readonly InstalledConnector[],
): Promise<FormanceFacts> {
  const found = findInstalledConnector(desired, installed);
  if (found.kind !== 'found') return found;
  const { connector } = found;
  const config = await client.getGenericConfig(connector.id);
  const schedules: Schedule[] = [];
  for await (const schedule of client.listSchedules(connector.id)) {
    schedules.push(schedule);
    if (schedules.length >= MAX_SCHEDULES) break;
  }
  const lastRuns = [];
  const examined = schedules.filter(({ id }) => !id.includes(BALANCES_SCHEDULE));
  for (const { id } of examined.slice(0, MAX_EXAMINED_SCHEDULES)) {
    const [run] = await client.listRecentRuns(connector.id, id);
    if (run) lastRuns.push({ schedule: id, run });
  }
  const paused = schedules.filter(({ pausedAt }) => pausedAt !== undefined);
  return { kind: 'found', connector, config, paused, scheduleCount: schedules.length, lastRuns };
}

function toUnreachable(error: unknown): FormanceFacts {
  if (!(error instanceof FormanceError)) throw error;
  return { kind: 'unreachable', message: error.message };
}
