/** Reads orders of several connectors page by page, newest first. */
import { sql } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import { toStoredOrder } from '../orders/order-row.js';
import { ORDER_STATES, type OrderState, type StoredOrder } from '../types/order.types.js';
import type { OrderFilter, OrderPosition } from '../types/operator.types.js';

/**
 * The maximum number of connectors whose orders are read through the index of each connector. For more connectors, all orders of the store
 * are read by their creation time.
 */
const MAX_SINGLE_CONNECTORS = 8;

export async function listOrderPage(
  adapter: DatabaseAdapter,
  { connectors, states }: OrderFilter,
  after: OrderPosition | undefined,
  limit: number,
): Promise<StoredOrder[]> {
  if (connectors.length === 0) return [];
  if (connectors.length > MAX_SINGLE_CONNECTORS) {
    const rows = await selectPage(adapter, after, limit)
      .where(adapter.inArray('connector', connectors))
      .$if(states !== undefined, (query) => query.where('state', 'in', [...(states ?? [])]))
      .execute();
    return rows.map(toStoredOrder);
  }
  const orders: StoredOrder[] = [];
  for (const connector of connectors)
    for (const state of states ?? ORDER_STATES)
      orders.push(...(await readOrdersInState(adapter, connector, state, after, limit)));
  return orders.sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1)).slice(0, limit);
}

async function readOrdersInState(
  adapter: DatabaseAdapter,
  connector: string,
  state: OrderState,
  after: OrderPosition | undefined,
  limit: number,
): Promise<StoredOrder[]> {
  const rows = await selectPage(adapter, after, limit)
    .where('connector', '=', connector)
    .where('state', '=', state)
    .execute();
  return rows.map(toStoredOrder);
}

function selectPage({ reader }: DatabaseAdapter, after: OrderPosition | undefined, limit: number) {
  return (
    reader
      .selectFrom('orders')
      .selectAll()
      // The index by connector and state contains the creation time, but not the id. The first condition uses the index, and the second
      // condition finds the exact order.
      .$if(after !== undefined, (query) =>
        query
          .where('created_at', '<=', after?.createdAt ?? 0)
          .where(sql<boolean>`(created_at, id) < (${after?.createdAt}, ${after?.id})`),
      )
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
  );
}
