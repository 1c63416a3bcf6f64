/** `tributary orders resolve`: lets an operator set the final status of an order whose outcome is unknown. */
import { thisProcess, type StoredOrder } from '@tributary/feed';
import { DEFAULT_PACE, resolveOrder, whyNot, type Resolution } from '@tributary/orders';
import type { Deployment } from '../config/index.js';
import { CliError, EXIT } from './cli-error.js';
import { amountOf, findOrder, withStore } from './orders.js';
import { printable, type Terminal } from './terminal.js';

/**
 * Resolves the order, or describes the change if it is not confirmed.
 * @param name see `findOrder`
 * @param confirmed if false, nothing is changed
 * @returns the exit code
 * @throws CliError if the order is not found or cannot be resolved in this way
 */
export function resolve(
  deployment: Deployment,
  name: string,
  resolution: Resolution,
  confirmed: boolean,
  terminal: Terminal,
): Promise<number> {
  return withStore(deployment, async (store) => {
    const order = await findOrder(deployment, store, name);
    // Leases and due times use the store's clock, and this command can run on another machine than the gateways.
    const by = { holder: thisProcess(), now: await store.time(), pace: DEFAULT_PACE };
    if (!confirmed) {
      const reason = whyNot(order, resolution, by);
      if (reason !== undefined) throw refusal(order, resolution, reason);
      terminal.err(describe(order, resolution));
      return EXIT.usage;
    }
    const resolved = await resolveOrder(store.orders(order.connector), order.id, resolution, by);
    if ('refused' in resolved) throw refusal(order, resolution, resolved.refused);
    terminal.out(`Order ${order.id} was ${order.state} and is ${resolved.order.state} now.`);
    return EXIT.done;
  });
}

function refusal({ id }: StoredOrder, { as }: Resolution, reason: string): CliError {
  return new CliError(`Order ${id} cannot be resolved as ${as}: ${reason}. Nothing was changed.`);
}

const MEANINGS: Readonly<Record<Resolution['as'], string>> = {
  succeeded: 'the PSP made this payment.',
  failed: 'the PSP did NOT make this payment, and never will. Whoever reads it may well pay again.',
  returned: 'the PSP made this payment, and all of it came back.',
};

function describe(order: StoredOrder, { as }: Resolution): string {
  const { id, kind, connector, state, idempotencyKey } = order;
  return [
    `Order ${id}, a ${kind.toLowerCase()} of ${amountOf(order)} by /${connector} (${printable(idempotencyKey)}), is ${state}.`,
    `Formance would be told that ${MEANINGS[as]}`,
    'Nothing was changed. Say it again with --yes if that is so.',
  ].join('\n');
}
