/** Queries the orders of several connectors. */
import { sql } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { OrderQueue, OrderCount, OrderState, StoredOrder } from '../types/order.types.js';
import { toStoredOrder } from './order-row.js';

/**
 * The minimum number of due orders that one search reads. The search reads due orders of all connectors and then filters them, so it reads
 * more if other connectors have many due orders.
 */
const MIN_DUE_SCAN_ROWS = 250;

export class SqlOrderQueue implements OrderQueue {
  constructor(private readonly adapter: DatabaseAdapter) {}

  /**
   * Searches with a limit, and repeats the search with a tenfold limit until the result is complete. This is necessary because other
   * connectors may have any number of due orders.
   */
  async findDue(connectors: readonly string[], now: number, limit: number): Promise<StoredOrder[]> {
    for (let scanLimit = Math.max(MIN_DUE_SCAN_ROWS, limit); ; scanLimit *= 10) {
      const found = await this.findDueWithin(scanLimit, connectors, now, limit);
      if (found.length >= limit || !(await this.hasMoreDue(scanLimit, now))) return found;
    }
  }

  /** Filters first by time and then by connector. In the opposite sequence, the query would scan all orders that a connector ever had. */
  private async findDueWithin(
    scanLimit: number,
    connectors: readonly string[],
    now: number,
    limit: number,
  ): Promise<StoredOrder[]> {
    const rows = await this.adapter.reader
      .selectFrom((eb) =>
        eb
          .selectFrom('orders')
          .selectAll()
          .where('next_at', '<=', now)
          .orderBy('next_at')
          .limit(scanLimit)
          .as('due'),
      )
      .selectAll()
      .where(this.adapter.inArray('connector', connectors))
      .orderBy('next_at')
      .limit(limit)
      .execute();
    return rows.map(toStoredOrder);
  }

  private async hasMoreDue(scanLimit: number, now: number): Promise<boolean> {
    const next = await this.adapter.reader
      .selectFrom('orders')
      .select('next_at')
      .where('next_at', '<=', now)
      .orderBy('next_at')
      .offset(scanLimit)
      .limit(1)
      .executeTakeFirst();
    return next !== undefined;
  }

  async findLeased(connectors: readonly string[]): Promise<StoredOrder[]> {
    const rows = await this.adapter.reader
      .selectFrom('orders')
      .selectAll()
      // The condition is not `is not null`, because SQLite would scan all orders for it.
      .where('holder', '>', '')
      .execute();
    const ours = new Set(connectors);
    return rows.filter(({ connector }) => ours.has(connector)).map(toStoredOrder);
  }

  /** Lists the connectors by moving from one connector to the next in the index, because a scan of all orders would be slow. */
  async listConnectors(): Promise<string[]> {
    const { rows } = await sql<{ connector: string }>`
      with recursive found (connector) as (
        select min(connector) from orders
        union all
        select (select min(connector) from orders where orders.connector > found.connector)
          from found where found.connector is not null
      )
      select connector from found where connector is not null`.execute(this.adapter.reader);
    return rows.map(({ connector }) => connector);
  }

  async countByStateElsewhere(
    excludedConnectors: readonly string[],
    states: readonly OrderState[],
  ): Promise<OrderCount[]> {
    const excluded = new Set(excludedConnectors);
    const others = (await this.listConnectors()).filter((connector) => !excluded.has(connector));
    return others.length === 0 ? [] : this.countByState(others, states);
  }

  async countByState(connectors: readonly string[], states: readonly OrderState[]): Promise<OrderCount[]> {
    const rows = await this.adapter.reader
      .selectFrom('orders')
      .select((eb) => ['connector', 'state', eb.fn.countAll().as('count')])
      .where(this.adapter.inArray('connector', connectors))
      .where('state', 'in', [...states])
      .groupBy(['connector', 'state'])
      .orderBy('connector')
      .orderBy('state')
      .execute();
    return rows.map(({ connector, state, count }) => ({ connector, state, count: Number(count) }));
  }
}
