/**
 * Reads the state of the deployment file's connectors from Formance, and resumes paused schedules. Nothing is changed unless the caller
 * requests to resume.
 */
import { FormanceError } from '../http/formance-error.js';
import { findInstalledConnector } from '../install/find-installed.js';
import type { DesiredConnector } from '../install/desired-connector.js';
import type { PaymentsClient } from '../payments/payments-client.js';
import type { InstalledConnector, Schedule } from '../payments/payments.types.js';
import type { FormanceFacts } from './doctor.types.js';

/** Maximum number of schedules that are read. A connector has one schedule for the balances of each account. */
const MAX_SCHEDULES = 1_000;
/** Maximum number of schedules whose last run is read. */
const MAX_EXAMINED_SCHEDULES = 10;
const BALANCES_SCHEDULE = 'FETCH_BALANCES';

/** Returns the state of each connector in Formance, in the sequence of the connectors. A failure is part of the result. */
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

/** Sends the present configuration of a connector again, which resumes its paused schedules. @throws FormanceError */
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
