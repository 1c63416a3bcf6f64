/** The command `tributary formance policies` creates a reconciliation policy in Formance for each connector of the deployment file. */
import {
  installPolicies,
  PaymentsClient,
  ReconciliationClient,
  type PolicyResult,
} from '@tributary/formance';
import type { Command } from 'commander';
import type { Deployment } from '../../../config/index.js';
import { CliError } from '../../shared/cli-error.js';
import {
  createConfigOption,
  formatExamples,
  type CommandContext,
  type ConfigOption,
} from '../../shared/command-context.js';
import { withFormanceConnection } from './connect-to-formance.js';
import { formatOutcomes, formatReasons } from './format-outcomes.js';
import { groupByFormance, type ConnectorsOfFormance } from './group-by-formance.js';
import { getOutcomeExitCode } from './get-outcome-exit-code.js';

interface PoliciesOptions extends ConfigOption {
  dryRun?: boolean;
  json?: true;
}

export function registerPoliciesCommand(formance: Command, { terminal, result, load }: CommandContext): void {
  formance
    .command('policies')
    .description(
      'Create a policy of Formance Reconciliation for each connector, which compares its pool with its ledger accounts. It can be repeated, and replaces nothing.',
    )
    .argument('[connectors...]', 'their paths; all connectors without them')
    .addOption(createConfigOption())
    .option('--dry-run', 'only show what would be changed')
    .option('--json', 'one JSON array')
    .addHelpText('after', formatExamples('tributary formance policies --dry-run --config gateway.yaml'))
    .action(async (paths: string[], { config, dryRun: isDryRun = false, json }: PoliciesOptions) => {
      const deployment = await load(config);
      const results: PolicyResult[] = [];
      for (const group of groupByFormance(deployment, paths))
        results.push(...(await installGroup(deployment, group, isDryRun)));
      terminal.out(
        json
          ? JSON.stringify(results, undefined, 2)
          : formatOutcomes('POLICY', results, formatReasons(results), isDryRun),
      );
      result.exitCode = getOutcomeExitCode(results, isDryRun);
    });
}

function installGroup(
  deployment: Deployment,
  group: ConnectorsOfFormance,
  isDryRun: boolean,
): Promise<PolicyResult[]> {
  const { ledger } = group.formance;
  if (ledger === undefined)
    throw new CliError(
      `${deployment.file} names no ledger for ${group.connectors.map(({ path }) => path).join(', ')}. Add "ledger: { name: <ledger> }" to formance`,
    );
  return withFormanceConnection(deployment, group, (connection) => {
    const payments = new PaymentsClient(connection.open('payments'));
    const reconciliation = new ReconciliationClient(connection.open('reconciliation'));
    return installPolicies({ payments, reconciliation }, ledger, group.connectors, isDryRun);
  });
}
