/** `tributary orders …`: defines the subcommands `list`, `show` and `resolve`. */
import { ORDER_STATES, type OrderState } from '@tributary/feed';
import { RESOLUTIONS, type Resolution } from '@tributary/orders';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { configOption, examples, parseLimit, type Cli, type ConfigOption } from './command.js';
import { formatOrder, formatOrders, listOrders, orderJson, shownOrderJson, showOrder } from './orders.js';
import { resolve } from './resolve.js';

export function addOrders(cli: Cli): void {
  const orders = cli.program.command('orders').description('Payouts and transfers.');
  addList(orders, cli);
  addShow(orders, cli);
  addResolve(orders, cli);
}

interface ListOptions extends ConfigOption {
  state?: OrderState[];
  limit: number;
  json?: true;
}

function addList(orders: Command, { terminal, load }: Cli): void {
  orders
    .command('list')
    .description('List orders, newest first; of some states, those first that wait longest.')
    .argument('[connector]', 'its path; all without it, those too that the file does not have any more')
    .addOption(configOption())
    .option(
      '--state <state>',
      `only those in this state, or in one of these when it is given again: ${ORDER_STATES.join(', ')}`,
      addState,
    )
    .option('--json', 'one JSON array')
    .option('--limit <count>', 'at most so many', parseLimit, 100)
    .addHelpText('after', examples(`tributary orders list ${CONFIG}`, LIST_UNKNOWN))
    .action(async (connector: string | undefined, { config, state = [], limit, json }: ListOptions) => {
      const deployment = load(config);
      const filter = { ...(connector !== undefined && { connector }), states: state, limit };
      const found = await listOrders(deployment, filter);
      const served = new Set(deployment.connectors.map(({ path }) => path));
      terminal.out(json ? JSON.stringify(found.map(orderJson), undefined, 2) : formatOrders(found, served));
    });
}

function addState(text: string, states: OrderState[] = []): OrderState[] {
  const state = ORDER_STATES.find((known) => known === text);
  if (state === undefined) throw new InvalidArgumentError(`Allowed choices are ${ORDER_STATES.join(', ')}.`);
  return [...states, state];
}

function addShow(orders: Command, { terminal, load }: Cli): void {
  orders
    .command('show')
    .description('Show an order with its whole history.')
    .argument('<order>', NAMES)
    .addOption(configOption())
    .option('--json', 'one JSON object')
    .addHelpText('after', examples(`tributary orders show invoice-17 ${CONFIG}`))
    .action(async (name: string, { config, json }: ConfigOption & { json?: true }) => {
      const shown = await showOrder(load(config), name);
      terminal.out(json ? JSON.stringify(shownOrderJson(shown), undefined, 2) : formatOrder(shown));
    });
}

interface ResolveOptions extends ConfigOption {
  as: Resolution['as'];
  pspId?: string;
  note: string;
  yes?: boolean;
}

function addResolve(orders: Command, { terminal, outcome, load }: Cli): void {
  orders
    .command('resolve')
    .description(
      'Say what became of an order that cannot be found out: clients are told, and nothing is sent any more.',
    )
    .argument('<order>', NAMES)
    .addOption(configOption())
    .addOption(new Option('--as <outcome>', 'what became of it').choices(RESOLUTIONS).makeOptionMandatory())
    .option('--psp-id <id>', 'the id under which the PSP has it')
    .requiredOption('--note <text>', 'where you know it from; kept in the history')
    .option('--yes', 'do it; without it, only say what would be done')
    .addHelpText('after', examples(RESOLVE))
    .action(async (name: string, { config, as, pspId, note, yes = false }: ResolveOptions) => {
      const resolution = { as, note, ...(pspId !== undefined && { pspId }) };
      outcome.exitCode = await resolve(load(config), name, resolution, yes, terminal);
    });
}

const CONFIG = '--config gateway.yaml';
const NAMES = 'its id, or the idempotency key with which it was asked for';
const LIST_UNKNOWN = `tributary orders list house-bank --state unknown ${CONFIG}`;
const RESOLVE = `tributary orders resolve invoice-17 --as succeeded --psp-id po_123 --note 'PSP dashboard' --yes ${CONFIG}`;
