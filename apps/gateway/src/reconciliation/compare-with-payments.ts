/** Compares the rows of a connector with Formance Payments, for the leg `payments` of a run. */
import { formatTime } from '@tributary/connector-api';
import { FormanceError, PaymentsClient } from '@tributary/formance';
import { MAX_LISTED_DIFFERENCES, type DeliveryObservation } from '@tributary/reconciliation';
import type { Store } from '@tributary/feed';
import { withFormanceConnection } from '../cli/commands/formance/connect-to-formance.js';
import { groupByFormance } from '../cli/commands/formance/group-by-formance.js';
import { verifyDelivery, type DeliveryReport } from '../cli/commands/formance/verify-delivery.js';
import { CliError } from '../cli/shared/cli-error.js';
import type { Deployment } from '../config/index.js';

/**
 * Compares the rows that were served to Formance with the objects in Payments.
 * @param timeoutMs the maximum time of the comparison
 * @returns `not-configured` if the deployment file has no Formance for the connector; `failed` with the reason if Payments does not respond,
 *   or responds with invalid data, or the time is over
 */
export async function compareWithPayments(
  deployment: Deployment,
  store: Store,
  connector: string,
  timeoutMs: number,
): Promise<DeliveryObservation> {
  const config = deployment.connectors.find(({ path }) => path === connector);
  if (config?.formance === undefined)
    return { connector, kind: 'not-configured', reason: 'the deployment file names no Formance' };
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return toObservation(await verifyConnector(deployment, store, connector, signal));
  } catch (error) {
    return { connector, kind: 'failed', reason: describeFailure(error, signal, timeoutMs) };
  }
}

async function verifyConnector(
  deployment: Deployment,
  store: Store,
  connector: string,
  signal: AbortSignal,
): Promise<DeliveryReport> {
  const [group] = groupByFormance(deployment, [connector]);
  const [desired] = group?.connectors ?? [];
  if (!group || !desired) throw new CliError(`there is no Formance of ${connector}`);
  return withFormanceConnection(deployment, group, (connection) => {
    // Closing the connection ends a request that Payments does not answer.
    signal.addEventListener('abort', () => connection.close(), { once: true });
    const client = new PaymentsClient(connection.open('payments'));
    return verifyDelivery(
      { desired, client, store, workFile: '', maxDifferences: MAX_LISTED_DIFFERENCES, signal },
      () => undefined,
    );
  });
}

function toObservation({
  connector,
  position,
  counts,
  requestedAt,
  differences,
  differenceCount,
}: DeliveryReport): DeliveryObservation {
  return {
    ...{ connector, kind: 'compared', position, requestedAt: formatTime(requestedAt), counts },
    ...{ differences, differenceCount },
  };
}

/**
 * Describes why the comparison has no result.
 * @throws the error itself if it is not an error of Formance, e.g. an error of the store
 */
function describeFailure(error: unknown, signal: AbortSignal, timeoutMs: number): string {
  const isOfFormance = error instanceof FormanceError || error instanceof CliError;
  if (error === signal.reason || (isOfFormance && signal.aborted))
    return `the comparison took longer than ${timeoutMs / 1000} s; set payments.timeout of the policy`;
  if (isOfFormance) return error.message;
  throw error;
}
