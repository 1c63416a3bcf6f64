/**
 * The command `tributary formance …` installs the connectors of the deployment file in Formance, and removes a connector.
 * `diagnose.command.ts` contains further subcommands.
 */
import { generateApiKey } from '@tributary/auth';
import { Installer, uninstallConnector, type InstallResult } from '@tributary/formance';
import { Option, type Command } from 'commander';
import { CliError, EXIT_CODES } from '../../shared/cli-error.js';
import {
  createConfigOption,
  formatExamples,
  type CommandContext,
  type ConfigOption,
} from '../../shared/command-context.js';
import { withPaymentsClient } from './connect-to-formance.js';
import { registerDoctorCommand, registerFormanceStatusCommand } from './diagnose.command.js';
import { groupByFormance } from './group-by-formance.js';
import { registerPoliciesCommand } from './policies.command.js';
import { registerPoolsCommand } from './pools.command.js';
import { registerVerifyCommand } from './verify.command.js';
import { getOutcomeExitCode } from './get-outcome-exit-code.js';
import { formatInstallResults } from './format-install-results.js';
import {
  formatManualInstallation,
  PRINT_FORMATS,
  type InstallationFormat,
} from './format-manual-installation.js';

export function registerFormanceCommand(cli: CommandContext): void {
  const formance = cli.program
    .command('formance')
    .description('The connectors of this deployment in Formance Payments.');
  registerInstallCommand(formance, cli);
  registerFormanceStatusCommand(formance, cli);
  registerDoctorCommand(formance, cli);
  registerVerifyCommand(formance, cli);
  registerPoolsCommand(formance, cli);
  registerPoliciesCommand(formance, cli);
  registerUninstallCommand(formance, cli);
}

interface InstallOptions extends ConfigOption {
  dryRun?: true;
  createKeys?: true;
  rotateKeys?: true;
  print?: InstallationFormat;
  json?: true;
}

function registerInstallCommand(formance: Command, { terminal, result, load }: CommandContext): void {
  formance
    .command('install')
    .description(
      'Install the connectors in Formance, and update those that differ. It can be repeated: what is right is not touched, and nothing is ever uninstalled.',
    )
    .argument('[connectors...]', 'their paths; all connectors without them')
    .addOption(createConfigOption())
    .option('--dry-run', 'only show what would be changed')
    .option('--create-keys', 'create an API key where the deployment file has only hashes')
    .option('--rotate-keys', 'give Formance the first key of the file, also if it has another one of them')
    .addOption(
      new Option('--print <tool>', 'print what another tool needs, and do not call Formance').choices(
        PRINT_FORMATS,
      ),
    )
    .option('--json', 'one JSON array')
    .addHelpText(
      'after',
      formatExamples(`tributary formance install --dry-run ${CONFIG_EXAMPLE}`, PRINT_EXAMPLE),
    )
    .action(async (paths: string[], options: InstallOptions) => {
      const deployment = await load(options.config);
      const groups = groupByFormance(deployment, paths);
      const { print, dryRun: isDryRun = false } = options;
      if (print !== undefined) {
        const texts = groups.map(({ connectors, formance: { urls } }) =>
          formatManualInstallation(print, connectors, urls.payments ?? ''),
        );
        return terminal.out(texts.join('\n\n'));
      }
      const results: InstallResult[] = [];
      for (const group of groups) {
        const { rotateKeys: isRotatingKeys = false } = options;
        const installerOptions = {
          isDryRun,
          isRotatingKeys,
          ...(options.createKeys ? { createKey: generateApiKey } : {}),
        };
        results.push(
          ...(await withPaymentsClient(deployment, group, (client) =>
            new Installer(client, installerOptions).run(group.connectors),
          )),
        );
      }
      terminal.out(
        options.json ? JSON.stringify(results, undefined, 2) : formatInstallResults(results, isDryRun),
      );
      result.exitCode = getOutcomeExitCode(results, isDryRun);
    });
}

function registerUninstallCommand(formance: Command, { terminal, load }: CommandContext): void {
  formance
    .command('uninstall')
    .description(
      'Remove one connector from Formance, with everything that Formance has read from it. Static pools lose its accounts.',
    )
    .argument('<connector>', 'its path, e.g. house-bank or acme/house-bank')
    .addOption(createConfigOption())
    .option('--yes', 'do it; without it, only say what would be done')
    .addHelpText('after', formatExamples(`tributary formance uninstall house-bank --yes ${CONFIG_EXAMPLE}`))
    .action(async (path: string, { config, yes = false }: ConfigOption & { yes?: boolean }) => {
      const deployment = await load(config);
      for (const group of groupByFormance(deployment, [path]))
        for (const desired of group.connectors) {
          const found = await withPaymentsClient(deployment, group, (client) =>
            uninstallConnector(client, desired, yes),
          );
          const name = `${JSON.stringify(found.name)} (${found.id})`;
          if (!yes)
            throw new CliError(
              `This would remove ${name} from Formance, with its accounts, payments and balances. Run it again with --yes.`,
              EXIT_CODES.usage,
            );
          terminal.out(`Formance removes ${name}.`);
        }
    });
}

const CONFIG_EXAMPLE = '--config gateway.yaml';
const PRINT_EXAMPLE = `tributary formance install house-bank --print terraform ${CONFIG_EXAMPLE}`;
