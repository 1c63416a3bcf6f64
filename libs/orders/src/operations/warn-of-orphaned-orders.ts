/**
 * Warns of orphaned orders. An order is orphaned if it is not final and its connector was removed or may no longer pay. No process executes
 * such an order or reads its status.
 */
import type { OrderCount, Store } from '@tributary/feed';
import { NON_FINAL_STATES } from '../state-machine/overdue-alert.js';
import type { OrdersContext } from '../runtime/orders-context.js';

/**
 * Logs one warning for each connector that has orphaned orders. The function never throws.
 * @param payingConnectors paths of the connectors that may pay
 */
export async function warnOfOrphanedOrders(
  store: Store,
  payingConnectors: readonly string[],
  { logger }: Pick<OrdersContext, 'logger'>,
): Promise<void> {
  try {
    for (const [connector, counts] of groupByConnector(
      await store.orderQueue().countByStateElsewhere(payingConnectors, NON_FINAL_STATES),
    )) {
      const open = counts.reduce((sum, { count }) => sum + count, 0);
      const states = Object.fromEntries(counts.map(({ state, count }) => [state, count]));
      logger.warn(
        { connector, open, states },
        `${connector} has ${open} open ${open === 1 ? 'order' : 'orders'}, and is no connector that pays: the gateway does not follow them. ` +
          'Put it back into the deployment file until they have ended, or say what became of them with "tributary orders resolve"',
      );
    }
  } catch (error) {
    logger.warn(
      { err: error },
      'the store did not say whether it has open orders of connectors that do not pay',
    );
  }
}

function groupByConnector(counts: readonly OrderCount[]): Map<string, OrderCount[]> {
  const groups = new Map<string, OrderCount[]>();
  for (const count of counts) groups.set(count.connector, [...(groups.get(count.connector) ?? []), count]);
  return groups;
}
