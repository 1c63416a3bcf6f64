/** `tributary connectors …`: confirms that a connector of the store belongs to another plugin or account from now on. */
import { adoptConnector } from '@tributary/feed';
import type { Command } from 'commander';
import {
  createConfigOption,
  formatExamples,
  requireConnectorPath,
  type CommandContext,
  type ConfigOption,
} from '../shared/command-context.js';
import { toConnectorIdentity } from '../../mount/connector-identity.js';

export function registerConnectorsCommand(cli: CommandContext): void {
  const connectors = cli.program
    .command('connectors')
    .description('Connectors whose plugin or account at the PSP was changed. Stop every gateway first.');
  registerChange(
    connectors,
    cli,
    'adopt',
    false,
    'The same account at the PSP: pulls go on where they were.',
  );
  registerChange(connectors, cli, 'reset', true, 'Another account at the PSP: everything is pulled again.');
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
      const deployment = load(config);
      const known = deployment.connectors.map(({ path }) => path);
      const path = requireConnectorPath(known, argument);
      for (const connector of deployment.connectors.filter((each) => each.path === path)) {
        const identity = toConnectorIdentity(connector);
        await adoptConnector(deployment.store, identity, forgetsCursors);
        const account = identity.account === undefined ? '' : ` (${identity.account})`;
        terminal.out(`${path} belongs to ${identity.plugin}${account} from now on.`);
      }
    });
}
