/** The command `tributary orders …` with its subcommands `list`, `show` and `resolve`. */
import { ORDER_STATES, type OrderState } from '@tributary/feed';
import { RESOLUTIONS, type Resolution } from '@tributary/orders';
import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  createConfigOption,
  formatExamples,
  parseLimit,
  type CommandContext,
  type ConfigOption,
} from '../shared/command-context.js';
import {
  formatOrder,
  formatOrders,
  listOrders,
  formatOrderAsJson,
  formatOrderWithHistoryAsJson,
  loadOrderWithHistory,
} from './find-and-format-orders.js';
import { runResolveCommand } from './resolve-order.command.js';

export function registerOrdersCommand(cli: CommandContext): void {
  const orders = cli.program.command('orders').description('Payouts and transfers.');
  registerListCommand(orders, cli);
  registerShowCommand(orders, cli);
  registerResolveCommand(orders, cli);
}

interface ListOptions extends ConfigOption {
  state?: OrderState[];
  limit: number;
  json?: true;
}

function registerListCommand(orders: Command, { terminal, load }: CommandContext): void {
  orders
    .command('list')
    .description('List orders, newest first; of some states, those first that wait longest.')
    .argument('[connector]', 'its path; all without it, those too that the file does not have any more')
    .addOption(createConfigOption())
    .option(
      '--state <state>',
      `only those in this state, or in one of these when it is given again: ${ORDER_STATES.join(', ')}`,
      collectState,
    )
    .option('--json', 'one JSON array')
    .option('--limit <count>', 'at most so many', parseLimit, 100)
    .addHelpText('after', formatExamples(`tributary orders list ${CONFIG_EXAMPLE}`, LIST_EXAMPLE))
    .action(async (connector: string | undefined, { config, state = [], limit, json }: ListOptions) => {
      const deployment = await load(config);
      const filter = { ...(connector !== undefined && { connector }), states: state, limit };
      const found = await listOrders(deployment, filter);
      const served = new Set(deployment.connectors.map(({ path }) => path));
      terminal.out(
        json ? JSON.stringify(found.map(formatOrderAsJson), undefined, 2) : formatOrders(found, served),
      );
    });
}

function collectState(text: string, states: OrderState[] = []): OrderState[] {
  const state = ORDER_STATES.find((known) => known === text);
  if (state === undefined) throw new InvalidArgumentError(`Allowed choices are ${ORDER_STATES.join(', ')}.`);
  return [...states, state];
}

function registerShowCommand(orders: Command, { terminal, load }: CommandContext): void {
  orders
    .command('show')
    .description('Show an order with its whole history.')
    .argument('<order>', ORDER_ARGUMENT_HELP)
    .addOption(createConfigOption())
    .option('--json', 'one JSON object')
    .addHelpText('after', formatExamples(`tributary orders show invoice-17 ${CONFIG_EXAMPLE}`))
    .action(async (name: string, { config, json }: ConfigOption & { json?: true }) => {
      const orderWithHistory = await loadOrderWithHistory(await load(config), name);
      terminal.out(
        json
          ? JSON.stringify(formatOrderWithHistoryAsJson(orderWithHistory), undefined, 2)
          : formatOrder(orderWithHistory),
      );
    });
}

interface ResolveOptions extends ConfigOption {
  as: Resolution['as'];
  pspId?: string;
  note: string;
  yes?: boolean;
}

function registerResolveCommand(orders: Command, { terminal, result, load }: CommandContext): void {
  orders
    .command('resolve')
    .description(
      'Say what became of an order that cannot be found out: clients are told, and nothing is sent any more.',
    )
    .argument('<order>', ORDER_ARGUMENT_HELP)
    .addOption(createConfigOption())
    .addOption(new Option('--as <outcome>', 'what became of it').choices(RESOLUTIONS).makeOptionMandatory())
    .option('--psp-id <id>', 'the id under which the PSP has it')
    .requiredOption('--note <text>', 'where you know it from; kept in the history')
    .option('--yes', 'do it; without it, only say what would be done')
    .addHelpText('after', formatExamples(RESOLVE_EXAMPLE))
    .action(async (name: string, { config, as, pspId, note, yes = false }: ResolveOptions) => {
      const resolution = { as, note, ...(pspId !== undefined && { pspId }) };
      result.exitCode = await runResolveCommand(await load(config), name, resolution, yes, terminal);
    });
}

const CONFIG_EXAMPLE = '--config gateway.yaml';
const ORDER_ARGUMENT_HELP = 'its id, or the idempotency key with which it was asked for';
const LIST_EXAMPLE = `tributary orders list house-bank --state unknown ${CONFIG_EXAMPLE}`;
const RESOLVE_EXAMPLE = `tributary orders resolve invoice-17 --as succeeded --psp-id po_123 --note 'PSP dashboard' --yes ${CONFIG_EXAMPLE}`;
