/** Finds orders in the store and formats them, for `tributary orders list` and `tributary orders show`. */
import { formatAmount } from '@tributary/connector-api';
import { openStore, type OrderEvent, type OrderState, type Store, type StoredOrder } from '@tributary/feed';
import { LONG_AGO } from '@tributary/orders';
import type { Deployment } from '../config/index.js';
import { CliError } from './cli-error.js';
import { namedPath } from './command.js';
import { count, formatTable, printable } from './terminal.js';

export interface OrderFilter {
  /** Path of the connector. If absent, all connectors are included. */
  connector?: string;
  /** If empty, all states are included. */
  states: readonly OrderState[];
  limit: number;
}

/** Lists orders, newest first. With a filter by state, the orders that were created first come first. */
export function listOrders(deployment: Deployment, filter: OrderFilter): Promise<StoredOrder[]> {
  const { connector, states, limit } = filter;
  return withStore(deployment, async (store) => {
    const paths = await pathsOf(deployment, store);
    const books = (connector === undefined ? paths : [namedPath(paths, connector)]).map((path) =>
      store.orders(path),
    );
    if (states.length === 0) {
      const newest = await Promise.all(books.map((book) => book.newest(limit)));
      return newest
        .flat()
        .sort((a, b) => b.createdAt - a.createdAt)
        .slice(0, limit);
    }
    const waiting = await Promise.all(books.map((book) => book.inState(states, limit)));
    return waiting
      .flat()
      .sort((a, b) => a.createdAt - b.createdAt)
      .slice(0, limit);
  });
}

/** Includes connectors that were removed from the deployment file, because the store still contains their orders. */
async function pathsOf({ connectors }: Deployment, store: Store): Promise<string[]> {
  const served = connectors.map(({ path }) => path);
  return [...new Set([...served, ...(await store.allOrders().connectors())])];
}

export interface ShownOrder {
  order: StoredOrder;
  history: OrderEvent[];
}

/**
 * Loads an order with its history.
 * @param name see `findOrder`
 * @throws CliError if no order or several orders match
 */
export function showOrder(deployment: Deployment, name: string): Promise<ShownOrder> {
  return withStore(deployment, async (store) => {
    const order = await findOrder(deployment, store, name);
    return { order, history: await store.orders(order.connector).history(order.id) };
  });
}

/**
 * Finds one order of any connector.
 * @param name the order's id or its idempotency key
 * @throws CliError if no order matches, or if orders of several connectors match
 */
export async function findOrder(deployment: Deployment, store: Store, name: string): Promise<StoredOrder> {
  const found: StoredOrder[] = [];
  for (const path of await pathsOf(deployment, store)) {
    const book = store.orders(path);
    const order = (await book.find(name)) ?? (await book.findByKey(name));
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

export async function withStore<T>(deployment: Deployment, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(deployment.store);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** @param served paths of the deployment's connectors; other connectors are marked as removed */
export function formatOrders(orders: readonly StoredOrder[], served: ReadonlySet<string>): string {
  if (orders.length === 0) return 'There are no such orders.';
  const rows = orders.map((order) =>
    [
      served.has(order.connector) ? `/${order.connector}` : `/${order.connector} (removed)`,
      order.state,
      order.kind.toLowerCase(),
      amountOf(order),
      time(order.createdAt),
      time(order.changedAt),
      order.id,
      order.idempotencyKey,
    ].map(printable),
  );
  const heads = ['CONNECTOR', 'STATE', 'KIND', 'AMOUNT', 'ASKED', 'CHANGED', 'ID', 'IDEMPOTENCY KEY'];
  return formatTable([heads, ...rows]);
}

export function formatOrder({ order, history }: ShownOrder): string {
  const facts: [string, string | undefined][] = [
    ['order', order.id],
    ['connector', `/${order.connector}`],
    ['state', `${order.state}, since ${time(order.changedAt)}`],
    ['amount', `${amountOf(order)} (${order.amount} of ${order.asset})`],
    ['kind', order.kind.toLowerCase()],
    ['idempotency key', order.idempotencyKey],
    ['asked', time(order.createdAt)],
    ['request', order.request],
    ['key at the PSP', order.pspKey],
    ['id at the PSP', order.pspId ?? 'not known'],
    ['attempts', String(order.attempts)],
    ['in doubt since', doubtOf(order)],
    ['next step', order.nextAt === undefined ? 'none' : time(order.nextAt)],
    ['details', order.details],
    ['answer', order.answer ?? 'none yet'],
  ];
  const known = facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
  const events = history.map(({ at, state, event }) => [time(at), state, event]);
  return [
    formatTable(known.map((row) => row.map(printable))),
    '',
    `${count(history.length, 'entry').replace(/ys$/, 'ies')} in its history, oldest first:`,
    formatTable(events.map((row) => row.map(printable))),
  ].join('\n');
}

/** Formats the time since which the outcome is unknown. This time is lost if the clock was set back. */
function doubtOf({ unsureSince }: StoredOrder): string | undefined {
  if (unsureSince === undefined) return undefined;
  return unsureSince === LONG_AGO ? 'nobody knows when: the clock went back' : time(unsureSince);
}

/** Converts an order to JSON for programs: amounts are strings, and times are in RFC 3339. */
export function orderJson(order: StoredOrder): object {
  const { amount, createdAt, changedAt, unsureSince, nextAt, request, details, answer } = order;
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
    createdAt: time(createdAt),
    changedAt: time(changedAt),
    unsureSince: unsureSince === undefined ? undefined : time(unsureSince),
    nextAt: nextAt === undefined ? undefined : time(nextAt),
    request: JSON.parse(request) as unknown,
    details: JSON.parse(details) as unknown,
    answer: answer === undefined ? undefined : (JSON.parse(answer) as unknown),
  };
}

export function shownOrderJson({ order, history }: ShownOrder): object {
  return {
    ...orderJson(order),
    history: history.map(({ at, state, event }) => ({ at: time(at), state, event })),
  };
}

/** Formats the amount of an order, e.g. `12.50 EUR`. */
export function amountOf({ amount, asset }: StoredOrder): string {
  return `${formatAmount({ amount, asset })} ${asset.split('/', 1)[0]}`;
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
