/** Removes a connector from Formance. */
import { FormanceError } from '../http/formance-error.js';
import type { PaymentsClient } from '../payments/payments-client.js';
import type { InstalledConnector } from '../payments/payments.types.js';
import type { DesiredConnector } from './desired-connector.js';
import { findInstalledConnector } from './find-installed.js';

/**
 * Finds a connector in Formance, and removes it if the caller has confirmed the removal.
 * @param isConfirmed if false, the connector is only searched for
 * @throws FormanceError `not-found` if Formance does not have the connector, `rejected` if several connectors match
 */
export async function uninstallConnector(
  client: PaymentsClient,
  desired: DesiredConnector,
  isConfirmed: boolean,
): Promise<InstalledConnector> {
  const installed: InstalledConnector[] = [];
  for await (const connector of client.listConnectors()) installed.push(connector);
  const found = findInstalledConnector(desired, installed);
  switch (found.kind) {
    case 'absent':
      throw new FormanceError(
        'not-found',
        `Formance has no connector with the name ${JSON.stringify(desired.name)} or the endpoint ${desired.endpoint}; nothing was removed`,
      );
    case 'ambiguous':
      throw new FormanceError('rejected', `${found.reason}; nothing was removed`);
    case 'found':
      if (isConfirmed) await client.uninstall(found.connector.id);
      return found.connector;
  }
}
