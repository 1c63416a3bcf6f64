/** The command `tributary orders resolve` lets an operator set the final status of an order whose outcome is unknown. */
import type { StoredOrder } from '@tributary/feed';
import { findResolutionObstacle, type Resolution } from '@tributary/orders';
import type { Deployment } from '../../config/index.js';
import { createResolutionContext, resolveOrderAsOperator } from '../../operator/operator-actions.js';
import { createAuthor } from '../shared/create-author.js';
import { CliError, EXIT_CODES } from '../shared/cli-error.js';
import { formatOrderAmount, findOrder } from './find-and-format-orders.js';
import { replaceControlCharacters, type Terminal } from '../shared/terminal.js';
import { withStore } from '../shared/with-store.js';

/**
 * Sets the final status of an order. Without a confirmation, the function only describes the change.
 * @param name the order's id or its idempotency key
 * @param confirmed if false, nothing is changed
 * @returns the exit code
 * @throws CliError if the order is not found, if the status cannot be set, or if the deployment needs two people
 */
export function runResolveCommand(
  deployment: Deployment,
  name: string,
  resolution: Resolution,
  confirmed: boolean,
  terminal: Terminal,
): Promise<number> {
  return withStore(deployment, async (store) => {
    const order = await findOrder(deployment, store, name);
    if (deployment.orders.resolveByTwo) throw new CliError(describeTwoPeople(order));
    if (!confirmed) {
      const reason = findResolutionObstacle(order, resolution, await createResolutionContext(store));
      if (reason !== undefined) throw createResolutionError(order, resolution, reason);
      terminal.err(describeResolution(order, resolution));
      return EXIT_CODES.usage;
    }
    const author = createAuthor(deployment, order.connector);
    const resolved = await resolveOrderAsOperator(store, order, resolution, author);
    if ('error' in resolved) throw createResolutionError(order, resolution, resolved.error);
    terminal.out(`Order ${order.id} was ${order.state} and is ${resolved.order.state} now.`);
    return EXIT_CODES.done;
  });
}

function createResolutionError({ id }: StoredOrder, { as }: Resolution, reason: string): CliError {
  return new CliError(`Order ${id} cannot be resolved as ${as}: ${reason}. Nothing was changed.`);
}

/** The command line knows no operator keys, so it cannot prove that two people agree. */
function describeTwoPeople({ id }: StoredOrder): string {
  return `Order ${id} needs two people, because the deployment file has orders.resolveByTwo: propose its resolution in the console or with the operator API. Nothing was changed.`;
}

const RESOLUTION_MEANINGS: Readonly<Record<Resolution['as'], string>> = {
  succeeded: 'the PSP made this payment.',
  failed:
    'the PSP did NOT make this payment, and never will. A person or program that reads this may pay again.',
  returned: 'the PSP made this payment, and all of it came back.',
};

function describeResolution(order: StoredOrder, { as }: Resolution): string {
  const { id, kind, connector, state, idempotencyKey } = order;
  return [
    `Order ${id}, a ${kind.toLowerCase()} of ${formatOrderAmount(order)} by /${connector} (${replaceControlCharacters(idempotencyKey)}), is ${state}.`,
    `Formance would be told that ${RESOLUTION_MEANINGS[as]}`,
    'Nothing was changed. Say it again with --yes if that is so.',
  ].join('\n');
}
