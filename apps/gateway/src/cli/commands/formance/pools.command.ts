/** The command `tributary formance pools` creates a dynamic pool in Formance for each connector of the deployment file. */
import { installPools, type PoolResult } from '@tributary/formance';
import type { Command } from 'commander';
import {
  createConfigOption,
  formatExamples,
  type CommandContext,
  type ConfigOption,
} from '../../shared/command-context.js';
import { withPaymentsClient } from './connect-to-formance.js';
import { formatOutcomes, formatReasons } from './format-outcomes.js';
import { groupByFormance } from './group-by-formance.js';
import { getOutcomeExitCode } from './get-outcome-exit-code.js';

interface PoolsOptions extends ConfigOption {
  dryRun?: boolean;
  json?: true;
}

export function registerPoolsCommand(formance: Command, { terminal, result, load }: CommandContext): void {
  formance
    .command('pools')
    .description(
      'Create a dynamic pool in Formance for each connector, which adds up the balances of its own accounts. It can be repeated, and deletes nothing.',
    )
    .argument('[connectors...]', 'their paths; all connectors without them')
    .addOption(createConfigOption())
    .option('--dry-run', 'only show what would be changed')
    .option('--json', 'one JSON array')
    .addHelpText('after', formatExamples('tributary formance pools --dry-run --config gateway.yaml'))
    .action(async (paths: string[], { config, dryRun: isDryRun = false, json }: PoolsOptions) => {
      const deployment = await load(config);
      const results: PoolResult[] = [];
      for (const group of groupByFormance(deployment, paths))
        results.push(
          ...(await withPaymentsClient(deployment, group, (client) =>
            installPools(client, group.connectors, isDryRun),
          )),
        );
      terminal.out(
        json
          ? JSON.stringify(results, undefined, 2)
          : formatOutcomes('POOL', results, formatReasons(results), isDryRun),
      );
      result.exitCode = getOutcomeExitCode(results, isDryRun);
    });
}
