/** `tributary connectors rename`: moves the data of a connector in the store to the path that the deployment file has now. */
import { renameConnector, type ConnectorData } from '@tributary/feed';
import type { Command } from 'commander';
import { CliError, EXIT_CODES } from '../shared/cli-error.js';
import {
  createConfigOption,
  formatExamples,
  requireConnectorConfig,
  toConnectorPath,
  type CommandContext,
  type ConfigOption,
} from '../shared/command-context.js';
import { createAuthor } from '../shared/create-author.js';
import { pluralize } from '../shared/terminal.js';
import { toConnectorIdentity } from '../../mount/connector-identity.js';

interface RenameOptions extends ConfigOption {
  yes?: boolean;
}

export function registerRenameConnectorCommand(
  connectors: Command,
  { terminal, load, result }: CommandContext,
): void {
  connectors
    .command('rename')
    .description(
      'Move the data of a connector to the new path that the deployment file has, with originalName in its entry. Stop every gateway first.',
    )
    .argument('<old>', 'its path in the store, e.g. bank or acme/bank')
    .argument('<new>', 'its path in the deployment file, e.g. house-bank or acme/house-bank')
    .addOption(createConfigOption())
    .option('--yes', 'do it; without it, the command only says what it would move')
    .addHelpText(
      'after',
      formatExamples('tributary connectors rename bank house-bank --yes --config gateway.yaml'),
    )
    .action(async (oldPath: string, newPath: string, { config, yes = false }: RenameOptions) => {
      const deployment = await load(config);
      const from = toConnectorPath(oldPath);
      if (deployment.connectors.some(({ path }) => path === from))
        throw new CliError(
          `${from} is in the deployment file. Give its entry the new name first. Nothing was changed.`,
        );
      const connector = requireConnectorConfig(deployment, newPath);
      const to = connector.path;
      const data = await renameConnector(deployment.store, createAuthor(deployment, to), {
        ...{ deployment: deployment.name, from, connector: toConnectorIdentity(connector), isDryRun: !yes },
      });
      const text = describeRenaming(from, to, data, yes);
      if (yes) return terminal.out(text);
      terminal.err(`${text}\nNothing was changed. Say it again with --yes.`);
      result.exitCode = EXIT_CODES.usage;
    });
}

function describeRenaming(
  from: string,
  to: string,
  { feeds, orders, readers }: ConnectorData,
  isDone: boolean,
): string {
  const rows = feeds.reduce((sum, feed) => sum + feed.rows, 0);
  const moved = `${pluralize(rows, 'row')}, ${pluralize(orders, 'order')}, and the positions of ${pluralize(readers, 'client')}`;
  return [
    `${from} ${isDone ? 'was' : 'would be'} renamed to ${to}, with ${moved}.`,
    'The ids of orders, and their idempotency keys at the PSP, do not change as long as originalName stays in the file.',
    `Clients must request /${to} from then on: change the URL of the connector in Formance, e.g. with "tributary formance install".`,
    `No connector of this store can have the path ${from} again.`,
  ].join('\n');
}
