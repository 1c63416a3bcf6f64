/** Defines the command line `tributary` with all its commands. */
import { Command } from 'commander';
import { loadDeploymentWithoutSecrets, loadDeploymentWithSecrets, type Deployment } from '../config/index.js';
import { readPackageVersion } from '../package-version.js';
import { registerBankFileCommand } from './commands/bank-file.command.js';
import { registerCheckCommand } from './commands/check.command.js';
import { registerCompletenessCommand } from './commands/completeness.command.js';
import { registerConformCommand } from './commands/conform.command.js';
import { registerConnectorsCommand } from './commands/connectors.command.js';
import { registerFormanceCommand } from './commands/formance/formance.command.js';
import { registerKeysCommand } from './commands/keys.command.js';
import { registerOrdersCommand } from './commands/orders.command.js';
import { registerReconcileCommand } from './commands/reconcile.command.js';
import { registerQuarantineCommand } from './commands/quarantine.command.js';
import { registerSchemaCommand } from './commands/schema.command.js';
import { registerServeCommand } from './commands/serve.command.js';
import { registerStoreCommand } from './commands/store.command.js';
import { registerFeedCommand } from './commands/feed.command.js';
import { registerStatusCommand } from './commands/status.command.js';
import { registerSyncCommand } from './commands/sync.command.js';
import type { CliResult, CommandContext } from './shared/command-context.js';
import type { Terminal } from './shared/terminal.js';

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
  const rememberSecrets = (deployment: Deployment): Deployment => {
    result.secrets = deployment.secrets;
    return deployment;
  };
  const loadForReload = async (file: string) => {
    const loaded = await loadDeploymentWithSecrets(file);
    rememberSecrets(loaded.deployment);
    return loaded;
  };
  const load = async (file: string) => (await loadForReload(file)).deployment;
  const loadWithoutSecrets = (file: string) => rememberSecrets(loadDeploymentWithoutSecrets(file));
  const context: CommandContext = { program, terminal, result, load, loadForReload, loadWithoutSecrets };
  for (const register of [
    registerServeCommand,
    registerCheckCommand,
    registerKeysCommand,
    registerSyncCommand,
    registerStatusCommand,
    registerFeedCommand,
    registerQuarantineCommand,
    registerBankFileCommand,
    registerCompletenessCommand,
    registerOrdersCommand,
    registerFormanceCommand,
    registerReconcileCommand,
    registerStoreCommand,
    registerConnectorsCommand,
    registerConformCommand,
    registerSchemaCommand,
  ])
    register(context);
  return program;
}

const EXIT_CODES_HELP = `
Exit codes:
  0  done
  1  it failed: the deployment file is wrong, the port is taken, the store cannot be opened …
  2  the command line is wrong, or orders resolve, completeness accept, connectors remove, connectors rename or
     formance uninstall was asked without --yes
  3  sync: at least one stream did not catch up; conform: the service does not conform; formance install --dry-run: something would be changed;
     formance doctor: a problem was found
  1, 2  reconcile run: there are open breaks, the data is incomplete; reconcile verify: 2, something was changed
  4  serve: the store was replaced or restored while the gateway ran
  130, 143  stopped by SIGINT, SIGTERM before the end

Set DEBUG=1 to see where an unexpected error comes from.`;
