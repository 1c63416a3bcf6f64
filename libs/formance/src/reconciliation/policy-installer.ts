/**
 * Creates a reconciliation policy in Formance for each connector. A policy compares the balances of a connector's pool with the ledger
 * accounts that represent the connector.
 */
import { isDeepStrictEqual } from 'node:util';
import { FormanceError } from '../http/formance-error.js';
import type { DesiredConnector } from '../install/desired-connector.js';
import type { PaymentsClient } from '../payments/payments-client.js';
import type { Pool } from '../payments/payments.types.js';
import type { ReconciliationClient } from './reconciliation-client.js';
import type { ReconciliationPolicy, ReconciliationSubject } from './reconciliation.types.js';

/** The ledger in which accounts represent the balances of the connectors. */
export interface ReconciledLedger {
  name: string;
  /**
   * The address pattern of the ledger accounts of one connector. `{connector}` is replaced by the path of the connector:
   * `psp:{connector}:...`.
   */
  accounts: string;
}

export interface PolicyResult {
  /** The path of the connector. */
  path: string;
  /** The name of the policy. It is equal to the name of the connector in Formance. */
  name: string;
  policyId?: string;
  outcome: 'created' | 'unchanged' | 'blocked' | 'failed';
  /** The reason why nothing was done; absent after a success. */
  reason?: string;
}

export interface PolicyClients {
  payments: PaymentsClient;
  reconciliation: ReconciliationClient;
}

/**
 * Creates the policies that do not exist yet. If one policy fails, the next ones are still processed. An existing policy with other content
 * is not replaced, because Formance deletes the results of a policy together with the policy.
 * @param isDryRun if true, the result contains what would be done, and nothing is changed
 * @throws FormanceError if the pools or the policies cannot be read from Formance
 */
export async function installPolicies(
  { payments, reconciliation }: PolicyClients,
  ledger: ReconciledLedger,
  connectors: readonly Pick<DesiredConnector, 'path' | 'name'>[],
  isDryRun: boolean,
): Promise<PolicyResult[]> {
  const pools: Pool[] = [];
  for await (const pool of payments.listPools()) pools.push(pool);
  const policies: ReconciliationPolicy[] = [];
  for await (const policy of reconciliation.listPolicies()) policies.push(policy);
  const results: PolicyResult[] = [];
  for (const { path, name } of connectors) {
    const [pool, ...otherPools] = pools.filter((each) => each.name === name);
    if (pool === undefined || otherPools.length > 0) {
      const reason = describePoolProblem(name, otherPools.length);
      results.push({ path, name, outcome: 'blocked', reason });
      continue;
    }
    const subject: ReconciliationSubject = {
      ...{ ledgerName: ledger.name, poolId: pool.id },
      ledgerQuery: { $match: { address: createAddressPattern(ledger, path) } },
    };
    const existing = policies.filter((policy) => policy.name === name);
    const found = await installPolicy(reconciliation, name, subject, existing, isDryRun);
    results.push({ path, name, ...found });
  }
  return results;
}

async function installPolicy(
  client: ReconciliationClient,
  name: string,
  subject: ReconciliationSubject,
  existing: readonly ReconciliationPolicy[],
  isDryRun: boolean,
): Promise<Omit<PolicyResult, 'path' | 'name'>> {
  const equal = existing.find((policy) => findDifferences(policy, subject).length === 0);
  if (equal !== undefined) return { outcome: 'unchanged', policyId: equal.id };
  const [other] = existing;
  if (other !== undefined)
    return {
      ...{ outcome: 'blocked', policyId: other.id },
      reason: `Formance has a policy ${other.id} with this name, but ${findDifferences(other, subject).join(', ')}. Formance cannot change a policy. To replace the policy, delete it in Formance, together with its results, and run this command again`,
    };
  try {
    return {
      outcome: 'created',
      ...(isDryRun ? {} : { policyId: await client.createPolicy(name, subject) }),
    };
  } catch (error) {
    if (!(error instanceof FormanceError)) throw error;
    return { outcome: 'failed', reason: error.message };
  }
}

function describePoolProblem(name: string, otherPools: number): string {
  return otherPools > 0
    ? `Formance has ${otherPools + 1} pools with the name ${name}. Delete or rename the others in Formance`
    : `Formance has no pool with the name ${name}. Run "tributary formance pools" first`;
}

function findDifferences(policy: ReconciliationPolicy, wanted: ReconciliationSubject): string[] {
  const isSameQuery = isDeepStrictEqual(policy.ledgerQuery, wanted.ledgerQuery);
  return [
    ...(policy.ledgerName === wanted.ledgerName
      ? []
      : [`its ledger is ${policy.ledgerName} instead of ${wanted.ledgerName}`]),
    ...(isSameQuery
      ? []
      : [
          `its query of the ledger is ${JSON.stringify(policy.ledgerQuery)} instead of ${JSON.stringify(wanted.ledgerQuery)}`,
        ]),
    ...(policy.poolId === wanted.poolId ? [] : [`its pool is ${policy.poolId} instead of ${wanted.poolId}`]),
  ];
}

/**
 * Creates the address pattern of one connector. In the path, `acme/house-bank` becomes `acme:house-bank`. The names of tenants and
 * connectors are valid segments of an address.
 */
function createAddressPattern({ accounts }: ReconciledLedger, path: string): string {
  return accounts.replaceAll('{connector}', path.replaceAll('/', ':'));
}
