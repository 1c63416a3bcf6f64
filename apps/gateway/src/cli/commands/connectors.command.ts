/** `tributary connectors …`: pulls a connector at once, assigns it to another plugin or account, removes it from the store, or gives it another name. */
import { STREAMS } from '@tributary/connector-api';
import { adoptConnector } from '@tributary/feed';
import type { Command } from 'commander';
import {
  createConfigOption,
  formatExamples,
  requireConnector,
  requireConnectorConfig,
  type CommandContext,
  type ConfigOption,
} from '../shared/command-context.js';
import { createAuthor } from '../shared/create-author.js';
import { withStore } from '../shared/with-store.js';
import { registerRemoveConnectorCommand } from './remove-connector.command.js';
import { registerRenameConnectorCommand } from './rename-connector.command.js';
import { toConnectorIdentity } from '../../mount/connector-identity.js';

export function registerConnectorsCommand(cli: CommandContext): void {
  const connectors = cli.program
    .command('connectors')
    .description(
      'Pull a connector again after a failure. Change its plugin, account or name, or remove it from the store (stop every gateway first).',
    );
  registerRetry(connectors, cli);
  registerChange(
    connectors,
    cli,
    'adopt',
    false,
    'The same account at the PSP: pulls go on where they were.',
  );
  registerChange(connectors, cli, 'reset', true, 'Another account at the PSP: everything is pulled again.');
  registerRemoveConnectorCommand(connectors, cli);
  registerRenameConnectorCommand(connectors, cli);
}

function registerRetry(connectors: Command, { terminal, load }: CommandContext): void {
  connectors
    .command('retry')
    .description(
      'Pull the streams that wait after a failure, e.g. rejected credentials. Works while gateways run.',
    )
    .argument('<connector>', 'its path, e.g. house-bank or acme/house-bank')
    .addOption(createConfigOption())
    .addHelpText('after', formatExamples('tributary connectors retry house-bank --config gateway.yaml'))
    .action(async (argument: string, { config }: ConfigOption) => {
      const deployment = await load(config);
      const path = requireConnector(deployment, argument);
      const author = createAuthor(deployment, path);
      const streams = await withStore(deployment, (store) => store.operator().requestPulls(author, STREAMS));
      terminal.out(
        streams.length === 0
          ? `${path} was never pulled. A gateway pulls it when it starts.`
          : `${path}: running gateways pull its streams that wait after a failure within a few seconds. A rate limit of the PSP still applies.`,
      );
    });
}

function registerChange(
  connectors: Command,
  { terminal, load }: CommandContext,
  name: string,
  forgetsCursors: boolean,
  description: string,
): void {
  connectors
    .command(name)
    .description(description)
    .argument('<connector>', 'its path, e.g. house-bank or acme/house-bank')
    .addOption(createConfigOption())
    .addHelpText('after', formatExamples(`tributary connectors ${name} house-bank --config gateway.yaml`))
    .action(async (argument: string, { config }: ConfigOption) => {
      const deployment = await load(config);
      const identity = toConnectorIdentity(requireConnectorConfig(deployment, argument));
      await adoptConnector(deployment.store, identity, forgetsCursors);
      const account = identity.account === undefined ? '' : ` (${identity.account})`;
      terminal.out(`${identity.path} belongs to ${identity.plugin}${account} from now on.`);
    });
}
