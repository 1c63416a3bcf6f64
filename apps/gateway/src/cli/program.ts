/** Defines the command line `tributary` with all its commands. */
import { describeKey, newKey } from '@tributary/auth';
import type { Plugin } from '@tributary/connector-api';
import { plugins } from '@tributary/psp-plugins';
import { Command, Option } from 'commander';
import {
  deploymentSchema,
  loadDeployment,
  PackageProblem,
  PACKAGE_NAME,
  PluginPackages,
  type Deployment,
} from '../config/index.js';
import { LOG_LEVELS, type LogLevel } from '../logging/index.js';
import { refuseIdleLimits } from '../mount/idle-limits.js';
import { describeDeployment, warnOfDemoKeys } from './check.js';
import { CliError, EXIT } from './cli-error.js';
import {
  configOption,
  examples,
  findPath,
  parseLimit,
  type Cli,
  type ConfigOption,
  type Outcome,
} from './command.js';
import { addOrders } from './orders-command.js';
import { formatEntries, listQuarantine } from './quarantine.js';
import { serve } from './serve.js';
import { addStore } from './store-command.js';
import { syncOnce } from './sync.js';
import type { Terminal } from './terminal.js';
import { packageVersion } from './version.js';

interface LogOption {
  logLevel: LogLevel;
}

export function createProgram(terminal: Terminal, outcome: Outcome): Command {
  const program = new Command('tributary')
    .description(
      'Makes payment service providers look native to Formance: one Generic Connector each, no gaps.',
    )
    .version(packageVersion())
    .showHelpAfterError('Run it with --help to see what it takes.')
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    });
  const load = (file: string): Deployment => {
    const deployment = loadDeployment(file);
    outcome.secrets = deployment.secrets;
    return deployment;
  };
  const cli: Cli = { program, terminal, outcome, load };
  for (const add of [addServe, addCheck, addKeys, addSync, addQuarantine, addOrders, addStore, addSchema])
    add(cli);
  return program;
}

function addServe({ program, terminal, load }: Cli): void {
  program
    .command('serve')
    .description('Serve every connector and keep its feeds up to date, until SIGTERM or Ctrl-C.')
    .addOption(configOption())
    .addOption(logLevel('info'))
    .addHelpText('after', examples('tributary serve --config gateway.yaml'))
    .action(({ config, logLevel }: ConfigOption & LogOption) => serve(load(config), logLevel, terminal));
}

function addCheck({ program, terminal, load }: Cli): void {
  program
    .command('check')
    .description('Check the deployment file and say what would be served.')
    .addOption(configOption())
    .addHelpText('after', examples('tributary check --config gateway.yaml'))
    .action(async ({ config }: ConfigOption) => {
      const deployment = load(config);
      await refuseIdleLimits(deployment);
      terminal.out(describeDeployment(deployment));
      const warning = warnOfDemoKeys(deployment);
      if (warning !== undefined) terminal.err(warning);
    });
}

function addKeys({ program, terminal }: Cli): void {
  program
    .command('keys')
    .description('API keys.')
    .command('new')
    .description('Make an API key: it is shown once, with its hash for the deployment file.')
    .addHelpText('after', examples('tributary keys new'))
    .action(() => terminal.out(presentKey(newKey())));
}

function addSync({ program, terminal, outcome, load }: Cli): void {
  program
    .command('sync')
    .description('Pull everything that is new from the PSPs, show the progress, and end.')
    .argument('[connector]', 'its path, e.g. house-bank or acme/house-bank; all connectors without it')
    .requiredOption('--once', 'until every stream has caught up (`serve` pulls on schedule)')
    .addOption(configOption())
    .addOption(logLevel('silent'))
    .addHelpText('after', examples('tributary sync --once --config gateway.yaml', SYNC_ONE))
    .action(async (connector: string | undefined, { config, logLevel }: ConfigOption & LogOption) => {
      const deployment = load(config);
      outcome.exitCode = await syncOnce(deployment, findPath(deployment, connector), logLevel, terminal);
    });
}

function addQuarantine({ program, terminal, load }: Cli): void {
  program
    .command('quarantine')
    .description('List what was refused or found to be wrong, and still is; newest first.')
    .argument('[connector]', 'its path; all connectors without it')
    .addOption(configOption())
    .option('--json', 'one JSON array, with what the PSP sent')
    .option('--limit <count>', 'at most so many', parseLimit, 1000)
    .addHelpText('after', examples('tributary quarantine --config gateway.yaml', QUARANTINE_ONE))
    .action(async (connector: string | undefined, options: ConfigOption & { json?: true; limit: number }) => {
      const deployment = load(options.config);
      const entries = await listQuarantine(deployment, findPath(deployment, connector), options.limit);
      terminal.out(options.json ? JSON.stringify(entries, undefined, 2) : formatEntries(entries));
    });
}

function addSchema({ program, terminal }: Cli): void {
  program
    .command('schema')
    .description('Print the JSON Schema of the deployment file, for editors.')
    .argument('[packages...]', 'installed packages whose plugins it describes too')
    .addHelpText('after', examples('tributary schema > deployment.schema.json', SCHEMA_OF_PACKAGE))
    .action((names: string[]) => {
      // Packages are looked up as if the deployment file were in the working directory.
      const packages = new PluginPackages('deployment.yaml');
      const described = new Map(names.map((name) => [name, loadNamed(packages, name)]));
      terminal.out(JSON.stringify(deploymentSchema(plugins, described), undefined, 2));
    });
}

function loadNamed(packages: PluginPackages, name: string): Plugin {
  // Other names are rejected here, because the error for a missing package advises to install it from npm.
  if (!PACKAGE_NAME.test(name)) throw new CliError(`"${name}" ${NO_PACKAGE}`, EXIT.usage);
  try {
    return packages.load(name);
  } catch (error) {
    throw error instanceof PackageProblem ? new CliError(`${name}: ${error.message}`, EXIT.failed) : error;
  }
}

const NO_PACKAGE =
  'is no name of a package; expected one in a scope, or "tributary-psp-…". Plugins that the gateway brings along are described without being named.';
const SCHEMA_OF_PACKAGE = 'tributary schema @acme/tributary-psp-foo > deployment.schema.json';
const SYNC_ONE = 'tributary sync --once acme/house-bank --config gateway.yaml';
const QUARANTINE_ONE = 'tributary quarantine house-bank --json --config gateway.yaml';

function logLevel(byDefault: LogLevel): Option {
  return new Option('--log-level <level>', 'what is logged').choices(LOG_LEVELS).default(byDefault);
}

function presentKey(key: string): string {
  return [
    'The key, for whoever calls (in Formance: apiKey). It is shown only this once:',
    `  ${key}`,
    'Its hash, for the deployment file, under apiKeys:',
    `  - "${describeKey(key)}"`,
  ].join('\n');
}

const EXIT_CODES = `
Exit codes:
  0  done
  1  it failed: the deployment file is wrong, the port is taken, the store cannot be opened …
  2  the command line is wrong, or orders resolve was asked without --yes
  3  sync: at least one stream did not catch up
  130, 143  stopped by SIGINT, SIGTERM before the end

Set DEBUG=1 to see where an unexpected error comes from.`;
