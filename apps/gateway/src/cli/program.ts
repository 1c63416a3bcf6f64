/** Defines the command line `tributary` with all its commands. */
import { formatKeyHash, generateApiKey } from '@tributary/auth';
import type { Plugin } from '@tributary/connector-api';
import { plugins } from '@tributary/psp-plugins';
import { Command, Option } from 'commander';
import {
  createDeploymentSchema,
  loadDeployment,
  PluginPackageError,
  PACKAGE_NAME_PATTERN,
  PluginPackages,
  type Deployment,
} from '../config/index.js';
import { LOG_LEVELS, type LogLevel } from '../logging/index.js';
import { assertLimitsApplicable } from '../mount/assert-limits-applicable.js';
import { describeDeployment, getDemoKeyWarning } from './commands/check.command.js';
import { CliError, EXIT } from './shared/cli-error.js';
import {
  createConfigOption,
  formatExamples,
  resolveConnectorPath,
  parseLimit,
  type CommandContext,
  type ConfigOption,
  type CliResult,
} from './shared/command-context.js';
import { registerConnectorsCommand } from './commands/connectors.command.js';
import { registerOrdersCommand } from './commands/orders.command.js';
import { formatQuarantineTable, listQuarantine } from './commands/quarantine.command.js';
import { serve } from './commands/serve.command.js';
import { registerStoreCommand } from './commands/store.command.js';
import { syncOnce } from './commands/sync.command.js';
import type { Terminal } from './shared/terminal.js';
import { readPackageVersion } from '../package-version.js';

interface LogOption {
  logLevel: LogLevel;
}

export function createProgram(terminal: Terminal, result: CliResult): Command {
  const program = new Command('tributary')
    .description(
      'Makes payment service providers look native to Formance: one Generic Connector each, no gaps.',
    )
    .version(readPackageVersion())
    .showHelpAfterError('Run it with --help to see what it takes.')
    .addHelpText('after', EXIT_CODES_HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    });
  const load = (file: string): Deployment => {
    const deployment = loadDeployment(file);
    result.secrets = deployment.secrets;
    return deployment;
  };
  const context: CommandContext = { program, terminal, result, load };
  for (const register of [
    registerServeCommand,
    registerCheckCommand,
    registerKeysCommand,
    registerSyncCommand,
    registerQuarantineCommand,
    registerOrdersCommand,
    registerStoreCommand,
    registerConnectorsCommand,
    registerSchemaCommand,
  ])
    register(context);
  return program;
}

function registerServeCommand({ program, terminal, load }: CommandContext): void {
  program
    .command('serve')
    .description('Serve every connector and keep its feeds up to date, until SIGTERM or Ctrl-C.')
    .addOption(createConfigOption())
    .addOption(createLogLevelOption('info'))
    .addHelpText('after', formatExamples('tributary serve --config gateway.yaml'))
    .action(({ config, logLevel }: ConfigOption & LogOption) => serve(load(config), logLevel, terminal));
}

function registerCheckCommand({ program, terminal, load }: CommandContext): void {
  program
    .command('check')
    .description('Check the deployment file and say what would be served.')
    .addOption(createConfigOption())
    .addHelpText('after', formatExamples('tributary check --config gateway.yaml'))
    .action(async ({ config }: ConfigOption) => {
      const deployment = load(config);
      await assertLimitsApplicable(deployment);
      terminal.out(describeDeployment(deployment));
      const warning = getDemoKeyWarning(deployment);
      if (warning !== undefined) terminal.err(warning);
    });
}

function registerKeysCommand({ program, terminal }: CommandContext): void {
  program
    .command('keys')
    .description('API keys.')
    .command('new')
    .description('Make an API key: it is shown once, with its hash for the deployment file.')
    .addHelpText('after', formatExamples('tributary keys new'))
    .action(() => terminal.out(formatNewKey(generateApiKey())));
}

function registerSyncCommand({ program, terminal, result, load }: CommandContext): void {
  program
    .command('sync')
    .description('Pull everything that is new from the PSPs, show the progress, and end.')
    .argument('[connector]', 'its path, e.g. house-bank or acme/house-bank; all connectors without it')
    .requiredOption('--once', 'until every stream has caught up (`serve` pulls on schedule)')
    .addOption(createConfigOption())
    .addOption(createLogLevelOption('silent'))
    .addHelpText('after', formatExamples('tributary sync --once --config gateway.yaml', SYNC_EXAMPLE))
    .action(async (connector: string | undefined, { config, logLevel }: ConfigOption & LogOption) => {
      const deployment = load(config);
      result.exitCode = await syncOnce(
        deployment,
        resolveConnectorPath(deployment, connector),
        logLevel,
        terminal,
      );
    });
}

function registerQuarantineCommand({ program, terminal, load }: CommandContext): void {
  program
    .command('quarantine')
    .description('List what was refused or found to be wrong, and still is; newest first.')
    .argument('[connector]', 'its path; all connectors without it')
    .addOption(createConfigOption())
    .option('--json', 'one JSON array, with what the PSP sent')
    .option('--limit <count>', 'at most so many', parseLimit, 1000)
    .addHelpText('after', formatExamples('tributary quarantine --config gateway.yaml', QUARANTINE_EXAMPLE))
    .action(async (connector: string | undefined, options: ConfigOption & { json?: true; limit: number }) => {
      const deployment = load(options.config);
      const entries = await listQuarantine(
        deployment,
        resolveConnectorPath(deployment, connector),
        options.limit,
      );
      terminal.out(options.json ? JSON.stringify(entries, undefined, 2) : formatQuarantineTable(entries));
    });
}

function registerSchemaCommand({ program, terminal }: CommandContext): void {
  program
    .command('schema')
    .description('Print the JSON Schema of the deployment file, for editors.')
    .argument('[packages...]', 'installed packages whose plugins it describes too')
    .addHelpText('after', formatExamples('tributary schema > deployment.schema.json', SCHEMA_EXAMPLE))
    .action((names: string[]) => {
      // Packages are looked up as if the deployment file were in the working directory.
      const packages = new PluginPackages('deployment.yaml');
      const described = new Map(names.map((name) => [name, loadPackagePlugin(packages, name)]));
      terminal.out(JSON.stringify(createDeploymentSchema(plugins, described), undefined, 2));
    });
}

function loadPackagePlugin(packages: PluginPackages, name: string): Plugin {
  // Other names are rejected here, because the error for a missing package advises to install it from npm.
  if (!PACKAGE_NAME_PATTERN.test(name))
    throw new CliError(`"${name}" ${INVALID_PACKAGE_NAME_MESSAGE}`, EXIT.usage);
  try {
    return packages.load(name);
  } catch (error) {
    throw error instanceof PluginPackageError
      ? new CliError(`${name}: ${error.message}`, EXIT.failed)
      : error;
  }
}

const INVALID_PACKAGE_NAME_MESSAGE =
  'is no name of a package; expected one in a scope, or "tributary-psp-…". Plugins that the gateway brings along are described without being named.';
const SCHEMA_EXAMPLE = 'tributary schema @acme/tributary-psp-foo > deployment.schema.json';
const SYNC_EXAMPLE = 'tributary sync --once acme/house-bank --config gateway.yaml';
const QUARANTINE_EXAMPLE = 'tributary quarantine house-bank --json --config gateway.yaml';

function createLogLevelOption(defaultLevel: LogLevel): Option {
  return new Option('--log-level <level>', 'what is logged').choices(LOG_LEVELS).default(defaultLevel);
}

function formatNewKey(key: string): string {
  return [
    'The key, for whoever calls (in Formance: apiKey). It is shown only this once:',
    `  ${key}`,
    'Its hash, for the deployment file, under apiKeys:',
    `  - "${formatKeyHash(key)}"`,
  ].join('\n');
}

const EXIT_CODES_HELP = `
Exit codes:
  0  done
  1  it failed: the deployment file is wrong, the port is taken, the store cannot be opened …
  2  the command line is wrong, or orders resolve was asked without --yes
  3  sync: at least one stream did not catch up
  4  serve: the store was replaced or restored while the gateway ran
  130, 143  stopped by SIGINT, SIGTERM before the end

Set DEBUG=1 to see where an unexpected error comes from.`;
