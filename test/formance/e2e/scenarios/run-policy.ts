/** Lets Tributary and Formance Reconciliation compare the same accounts, and describes what each says. */
import type { Break, RunSummary } from '@tributary/reconciliation';
import type { GatewayUnderTest, ReconciledConnector } from '../gateway-under-test.js';
import { connectToFormance } from '../payments-server.js';
import { ReconciledLedger } from '../reconciled-ledger.js';
import type { ScenarioContext } from '../scenario-context.js';

/** Opens the ledger of the run, and Formance Reconciliation if its URL is set. */
export function openLedger({ settings, gateway }: ScenarioContext): {
  ledger: ReconciledLedger;
  close: () => void;
} {
  const connection = connectToFormance(settings);
  const ledger = new ReconciledLedger(
    connection.open('ledger'),
    settings.reconciliationUrl === undefined ? undefined : connection.open('reconciliation'),
    gateway.ledgerName,
  );
  return { ledger, close: () => connection.close() };
}

/** Runs a policy of Tributary. */
export async function runPolicy(gateway: GatewayUnderTest, name: ReconciledConnector): Promise<RunSummary> {
  const { output } = await gateway.runCommand('reconcile', 'run', name);
  const [run] = output as [{ summary: RunSummary }];
  return run.summary;
}

/** Lists the breaks of the newest run of a policy. */
export async function listBreaks(
  gateway: GatewayUnderTest,
  name: ReconciledConnector,
  ...options: string[]
): Promise<Break[]> {
  const { output } = await gateway.runCommand('reconcile', 'list', name, ...options);
  return output as Break[];
}

/**
 * Creates the policy of a connector in Formance with the command of the gateway.
 * @returns the id of the policy
 * @throws Error if the policy is not new, or if a second run creates another policy
 */
export async function createFormancePolicy(
  gateway: GatewayUnderTest,
  name: ReconciledConnector,
): Promise<string> {
  const runPolicies = async (outcome: string) => {
    const { output } = await gateway.runCommand('formance', 'policies', gateway.getPath(name));
    const [policy] = output as [{ outcome: string; policyId?: string }];
    if (policy.outcome !== outcome || policy.policyId === undefined)
      throw new Error(`formance policies: ${JSON.stringify(policy)} instead of ${outcome}`);
    return policy.policyId;
  };
  const created = await runPolicies('created');
  const unchanged = await runPolicies('unchanged');
  if (created !== unchanged) throw new Error(`formance policies created ${created} and then ${unchanged}`);
  return created;
}

/**
 * Lets Formance Reconciliation compare its pool with the ledger at a time, and describes the result.
 * @param policyId the policy in Formance; `undefined` without the service Reconciliation
 */
export async function describeFormanceVerdict(
  ledger: ReconciledLedger,
  policyId: string | undefined,
  at: number,
  asset: string,
): Promise<string> {
  if (policyId === undefined) return 'not asked, because FORMANCE_RECONCILIATION_URL is not set';
  const result = await ledger.reconcile(policyId, at);
  return `${result.status}, drift ${result.findDrift(asset) ?? 'unknown'} ${asset}`;
}

export function formatOpenBreaks(count: number): string {
  return count === 1 ? '1 open break' : `${count} open breaks`;
}
