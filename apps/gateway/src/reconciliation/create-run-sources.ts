/** Creates the sources that a run of a policy reads besides the store: the ledger, and the sources of the other two legs. */
import type { Store } from '@tributary/feed';
import type { DeliveryObservation, RunSources } from '@tributary/reconciliation';
import type { Deployment, ReconciliationPolicyConfig } from '../config/index.js';
import { compareWithPayments } from './compare-with-payments.js';
import { createLedgerSource } from './create-ledger-source.js';

/** Creates the sources of a run that is stored. */
export function createRunSources(
  deployment: Deployment,
  store: Store,
  config: ReconciliationPolicyConfig,
): RunSources {
  const { paymentsTimeoutMs } = config;
  return createSources(deployment, config, async (connector) =>
    paymentsTimeoutMs === undefined
      ? { connector, kind: 'not-configured', reason: 'the policy has payments.compare: false' }
      : compareWithPayments(deployment, store, connector, paymentsTimeoutMs),
  );
}

/** Creates the sources of a preview. A preview does not send requests to Payments, because it tests the rules of the policy. */
export function createPreviewSources(deployment: Deployment, config: ReconciliationPolicyConfig): RunSources {
  return createSources(deployment, config, async (connector) => ({
    ...{ connector, kind: 'not-requested', reason: 'only a run compares the rows with Payments' },
  }));
}

function createSources(
  { connectors }: Deployment,
  config: ReconciliationPolicyConfig,
  comparePayments: (connector: string) => Promise<DeliveryObservation>,
): RunSources {
  const declarations = connectors.map(
    ({ path, plugin, settings }) => [path, plugin.completeness?.(settings)] as const,
  );
  const incomparable = new Map(
    declarations.flatMap(([path, declaration]) =>
      declaration?.isComparable === false ? [[path, declaration.reason] as const] : [],
    ),
  );
  return { ledger: createLedgerSource(config), incomparable, compareWithPayments: comparePayments };
}
