/** What concerns the orders of several connectors. */
import type { Dialect } from './dialect.js';
import type { OrderBooks, OrderCount, OrderState, StoredOrder } from './order.types.js';
import { toOrder } from './order-row.js';

export class SqlOrderBooks implements OrderBooks {
  constructor(private readonly dialect: Dialect) {}

  async due(connectors: readonly string[], now: number, limit: number): Promise<StoredOrder[]> {
    const rows = await this.dialect.reader
      .selectFrom('orders')
      .selectAll()
      .where('next_at', '<=', now)
      .where(this.dialect.isOneOf('connector', connectors))
      .orderBy('next_at')
      .limit(limit)
      .execute();
    return rows.map(toOrder);
  }

  async leased(connectors: readonly string[]): Promise<StoredOrder[]> {
    const rows = await this.dialect.reader
      .selectFrom('orders')
      .selectAll()
      .where('holder', 'is not', null)
      .where(this.dialect.isOneOf('connector', connectors))
      .execute();
    return rows.map(toOrder);
  }

  async counts(connectors: readonly string[], states: readonly OrderState[]): Promise<OrderCount[]> {
    const rows = await this.dialect.reader
      .selectFrom('orders')
      .select((eb) => ['connector', 'state', eb.fn.countAll().as('count')])
      .where(this.dialect.isOneOf('connector', connectors))
      .where('state', 'in', [...states])
      .groupBy(['connector', 'state'])
      .execute();
    return rows.map(({ connector, state, count }) => ({ connector, state, count: Number(count) }));
  }
}
