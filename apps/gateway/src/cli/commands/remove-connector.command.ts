/** `tributary connectors remove`: deletes the data of a connector that is no longer in the deployment file. */
import { removeConnector, type ConnectorData } from '@tributary/feed';
import type { Command } from 'commander';
import type { Deployment } from '../../config/index.js';
import { CliError, EXIT_CODES } from '../shared/cli-error.js';
import {
  createConfigOption,
  formatExamples,
  toConnectorPath,
  type CommandContext,
  type ConfigOption,
} from '../shared/command-context.js';
import { createAuthor } from '../shared/create-author.js';
import { formatTable, pluralize } from '../shared/terminal.js';

interface RemoveOptions extends ConfigOption {
  orders?: boolean;
  yes?: boolean;
}

export function registerRemoveConnectorCommand(
  connectors: Command,
  { terminal, load, result }: CommandContext,
): void {
  connectors
    .command('remove')
    .description(
      'Delete the rows, balances, quarantine entries and runs of a connector that is no longer in the deployment file. Its orders stay. Stop every gateway first.',
    )
    .argument('<connector>', 'its path, e.g. house-bank or acme/house-bank')
    .addOption(createConfigOption())
    .option('--orders', 'delete its orders, too')
    .option('--yes', 'do it; without it, the command only says what it would delete')
    .addHelpText(
      'after',
      formatExamples('tributary connectors remove house-bank --yes --config gateway.yaml'),
    )
    .action(async (argument: string, { config, orders = false, yes = false }: RemoveOptions) => {
      const deployment = await load(config);
      const path = parseRemovedPath(deployment, argument);
      const data = await removeConnector(deployment.store, createAuthor(deployment, path), {
        ...{ deployment: deployment.name, deletesOrders: orders, isDryRun: !yes },
      });
      if (data === undefined)
        throw new CliError(`The store has no connector ${JSON.stringify(path)}.`, EXIT_CODES.usage);
      const text = describeRemoval(path, data, orders, yes);
      if (yes) return terminal.out(text);
      terminal.err(`${text}\nNothing was changed. Say it again with --yes.`);
      result.exitCode = EXIT_CODES.usage;
    });
}

/**
 * Returns the path of the connector. The argument may begin with a slash.
 * @throws CliError if the connector is still in the deployment file, because a gateway would pull everything again
 */
function parseRemovedPath({ connectors }: Deployment, argument: string): string {
  const path = toConnectorPath(argument);
  if (!connectors.some((connector) => connector.path === path)) return path;
  throw new CliError(
    `${path} is in the deployment file. Remove it from the files of all gateways and stop the gateways first. Nothing was changed.`,
  );
}

function describeRemoval(path: string, data: ConnectorData, deletesOrders: boolean, isDone: boolean): string {
  const verb = isDone ? 'was' : 'would be';
  const deleted = [
    ...data.feeds.map(({ stream, rows }) => [`rows of ${stream}`, String(rows)]),
    ['quarantine entries', String(data.quarantineEntries)],
    ['balances', String(data.balances)],
    ['runs', String(data.runs)],
    ['clients with a position', String(data.readers)],
    ...(deletesOrders ? [['orders with their history', String(data.orders)]] : []),
  ];
  const kept = deletesOrders ? '' : `${pluralize(data.orders, 'order')} (--orders deletes them, too), `;
  return [
    `${path} ${verb} removed from the store. This ${verb} deleted:`,
    formatTable(deleted.map((row) => ['', ...row])),
    `This ${isDone ? 'was' : 'would be'} kept: ${kept}the audit log, and the items and results of reconciliation.`,
    `No connector of this store can have the path ${path} again. Formance keeps what it has read.`,
  ].join('\n');
}
