/** Opens a connection to a Formance of the deployment file, for one command. */
import { FormanceConnection, PaymentsClient } from '@tributary/formance';
import type { Deployment } from '../../../config/index.js';
import type { ConnectorsOfFormance } from './group-by-formance.js';

/** Runs a task with a connection to Formance, and closes the connection after the task. */
export async function withFormanceConnection<T>(
  { secrets }: Pick<Deployment, 'secrets'>,
  { formance: { urls, credentials } }: ConnectorsOfFormance,
  run: (connection: FormanceConnection) => Promise<T>,
): Promise<T> {
  const connection = new FormanceConnection({ urls, credentials, secrets });
  try {
    return await run(connection);
  } finally {
    connection.close();
  }
}

/** Runs a task with a client of Formance Payments, and closes the connection after the task. */
export function withPaymentsClient<T>(
  deployment: Pick<Deployment, 'secrets'>,
  group: ConnectorsOfFormance,
  run: (client: PaymentsClient) => Promise<T>,
): Promise<T> {
  return withFormanceConnection(deployment, group, (connection) =>
    run(new PaymentsClient(connection.open('payments'))),
  );
}
