/** Connections to a `FakeFormance` for tests. */
import { FormanceConnection, type FormanceCredentials } from '../http/formance-connection.js';
import { PaymentsClient } from '../payments/payments-client.js';
import type { FakeFormance } from './fake-formance.js';

/** The time in milliseconds after which the client gives up an installation without a response. */
const INSTALL_TIMEOUT_MS = 300;

export function connectToFake(
  fake: FakeFormance,
  credentials: FormanceCredentials = { kind: 'none' },
): { connection: FormanceConnection; client: PaymentsClient } {
  const connection = new FormanceConnection({
    urls: { payments: fake.url, ledger: fake.url, reconciliation: fake.url },
    credentials,
    // In tests, the delay before a repeated request takes no time.
    clock: { now: () => Date.now(), sleep: async () => {} },
  });
  const client = new PaymentsClient(connection.open('payments'), { installTimeoutMs: INSTALL_TIMEOUT_MS });
  return { connection, client };
}
