/** Finds orders in the store and formats them, for `tributary orders list` and `tributary orders show`. */
import { formatAmount, formatTime } from '@tributary/connector-api';
import type { OrderEvent, OrderState, Store, StoredOrder } from '@tributary/feed';
import { UNKNOWN_TIME } from '@tributary/orders';
import type { Deployment } from '../../config/index.js';
import { CliError } from '../shared/cli-error.js';
import { requireConnectorPath } from '../shared/command-context.js';
import { pluralize, formatTable, replaceControlCharacters } from '../shared/terminal.js';
import { withStore } from '../shared/with-store.js';

export interface OrderFilter {
  /** The path of the connector. If it is absent, the orders of all connectors are included. */
  connector?: string;
  /** The states of the orders. If the list is empty, all states are included. */
  states: readonly OrderState[];
  limit: number;
}

/** Lists orders, newest first. If the filter contains states, the oldest order comes first. */
export function listOrders(deployment: Deployment, filter: OrderFilter): Promise<StoredOrder[]> {
  const { connector, states, limit } = filter;
  return withStore(deployment, async (store) => {
    const paths = await listConnectorPaths(deployment, store);
    const repositories = (connector === undefined ? paths : [requireConnectorPath(paths, connector)]).map(
      (path) => store.orders(path),
    );
    if (states.length === 0) {
      const newest = await Promise.all(repositories.map((repository) => repository.findNewest(limit)));
      return newest
        .flat()
        .sort((a, b) => b.createdAt - a.createdAt)
        .slice(0, limit);
    }
    const waiting = await Promise.all(
      repositories.map((repository) => repository.findByState(states, limit)),
    );
    return waiting
      .flat()
      .sort((a, b) => a.createdAt - b.createdAt)
      .slice(0, limit);
  });
}

/**
 * Returns the paths of all connectors that have orders. Connectors that were removed from the deployment file are included, because the
 * store still contains their orders.
 */
async function listConnectorPaths({ connectors }: Deployment, store: Store): Promise<string[]> {
  const served = connectors.map(({ path }) => path);
  return [...new Set([...served, ...(await store.orderQueue().listConnectors())])];
}

export interface OrderWithHistory {
  order: StoredOrder;
  history: OrderEvent[];
}

/**
 * Loads an order with its history.
 * @param name see `findOrder`
 * @throws CliError if no order or several orders match
 */
export function loadOrderWithHistory(deployment: Deployment, name: string): Promise<OrderWithHistory> {
  return withStore(deployment, async (store) => {
    const order = await findOrder(deployment, store, name);
    return { order, history: await store.orders(order.connector).readHistory(order.id) };
  });
}

/**
 * Finds one order of any connector.
 * @param name the order's id or its idempotency key
 * @throws CliError if no order matches, or if orders of several connectors match
 */
export async function findOrder(deployment: Deployment, store: Store, name: string): Promise<StoredOrder> {
  const found: StoredOrder[] = [];
  for (const path of await listConnectorPaths(deployment, store)) {
    const repository = store.orders(path);
    const order = (await repository.find(name)) ?? (await repository.findByIdempotencyKey(name));
    if (order) found.push(order);
  }
  const [first, ...others] = found;
  if (first === undefined) {
    throw new CliError(
      `There is no order ${JSON.stringify(name)}, neither by its id nor by its idempotency key. ` +
        '"tributary orders list" shows what there is.',
    );
  }
  if (others.length === 0) return first;
  const ids = found.map(({ id, connector }) => `${id} (/${connector})`).join(', ');
  throw new CliError(`Several connectors have an order ${JSON.stringify(name)}. Name it by its id: ${ids}.`);
}

/**
 * Formats orders as a table.
 * @param served paths of the deployment's connectors; other connectors are marked as removed
 */
export function formatOrders(orders: readonly StoredOrder[], served: ReadonlySet<string>): string {
  if (orders.length === 0) return 'There are no such orders.';
  const rows = orders.map((order) =>
    [
      served.has(order.connector) ? `/${order.connector}` : `/${order.connector} (removed)`,
      order.state,
      order.kind.toLowerCase(),
      formatOrderAmount(order),
      formatTime(order.createdAt),
      formatTime(order.changedAt),
      order.id,
      order.idempotencyKey,
    ].map(replaceControlCharacters),
  );
  const heads = ['CONNECTOR', 'STATE', 'KIND', 'AMOUNT', 'ASKED', 'CHANGED', 'ID', 'IDEMPOTENCY KEY'];
  return formatTable([heads, ...rows]);
}

export function formatOrder({ order, history }: OrderWithHistory): string {
  const fields: [string, string | undefined][] = [
    ['order', order.id],
    ['connector', `/${order.connector}`],
    ['state', `${order.state}, since ${formatTime(order.changedAt)}`],
    ['amount', `${formatOrderAmount(order)} (${order.amount} of ${order.asset})`],
    ['kind', order.kind.toLowerCase()],
    ['idempotency key', order.idempotencyKey],
    ['asked', formatTime(order.createdAt)],
    ['request', order.request],
    ['key at the PSP', order.pspKey],
    ['id at the PSP', order.pspId ?? 'not known'],
    ['attempts', String(order.attempts)],
    ['in doubt since', formatUnknownSince(order)],
    ['next step', order.nextActionAt === undefined ? 'none' : formatTime(order.nextActionAt)],
    ['details', order.details],
    ['answer', order.response ?? 'none yet'],
  ];
  const knownFields = fields.filter((field): field is [string, string] => field[1] !== undefined);
  const events = history.map(({ at, state, event }) => [formatTime(at), state, event]);
  return [
    formatTable(knownFields.map((row) => row.map(replaceControlCharacters))),
    '',
    `${pluralize(history.length, 'entry').replace(/ys$/, 'ies')} in its history, oldest first:`,
    formatTable(events.map((row) => row.map(replaceControlCharacters))),
  ].join('\n');
}

/** Formats the time since which the outcome of an order is unknown. If the clock was set back, this time is lost. */
function formatUnknownSince({ outcomeUnknownSince }: StoredOrder): string | undefined {
  if (outcomeUnknownSince === undefined) return undefined;
  return outcomeUnknownSince === UNKNOWN_TIME
    ? 'an unknown time, because the clock was set back'
    : formatTime(outcomeUnknownSince);
}

/** Converts an order to JSON for other programs. Amounts are strings, and times are RFC 3339. */
export function formatOrderAsJson(order: StoredOrder): object {
  const { amount, createdAt, changedAt, outcomeUnknownSince, nextActionAt, request, details, response } =
    order;
  const { id, connector, state, kind, asset, idempotencyKey, pspKey, pspId, attempts } = order;
  return {
    ...{
      id,
      connector,
      state,
      kind,
      amount: amount.toString(),
      asset,
      idempotencyKey,
      pspKey,
      pspId,
      attempts,
    },
    createdAt: formatTime(createdAt),
    changedAt: formatTime(changedAt),
    unsureSince: outcomeUnknownSince === undefined ? undefined : formatTime(outcomeUnknownSince),
    nextAt: nextActionAt === undefined ? undefined : formatTime(nextActionAt),
    request: JSON.parse(request) as unknown,
    details: JSON.parse(details) as unknown,
    answer: response === undefined ? undefined : (JSON.parse(response) as unknown),
  };
}

export function formatOrderWithHistoryAsJson({ order, history }: OrderWithHistory): object {
  return {
    ...formatOrderAsJson(order),
    history: history.map(({ at, state, event }) => ({ at: formatTime(at), state, event })),
  };
}

/** Formats the amount of an order, e.g. `12.50 EUR`. */
export function formatOrderAmount({ amount, asset }: StoredOrder): string {
  return `${formatAmount({ amount, asset })} ${asset.split('/', 1)[0]}`;
}
