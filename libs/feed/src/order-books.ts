/** Queries over the orders of several connectors. */
import { sql } from 'kysely';
import type { Dialect } from './dialect.js';
import type { OrderBooks, OrderCount, OrderState, StoredOrder } from './order.types.js';
import { toOrder } from './order-row.js';

/** Minimum number of due orders to scan for the orders of some connectors. The scan grows when other connectors have many due orders. */
const FEW_DUE = 250;

export class SqlOrderBooks implements OrderBooks {
  constructor(private readonly dialect: Dialect) {}

  /** Repeats the search with a tenfold limit until it is complete, because other connectors may have any number of due orders. */
  async due(connectors: readonly string[], now: number, limit: number): Promise<StoredOrder[]> {
    for (let most = Math.max(FEW_DUE, limit); ; most *= 10) {
      const found = await this.dueAmong(most, connectors, now, limit);
      if (found.length >= limit || !(await this.areMoreDue(most, now))) return found;
    }
  }

  /** Filters by time first and then by connector. The other sequence would scan all orders that a connector ever had. */
  private async dueAmong(
    most: number,
    connectors: readonly string[],
    now: number,
    limit: number,
  ): Promise<StoredOrder[]> {
    const rows = await this.dialect.reader
      .selectFrom((eb) =>
        eb
          .selectFrom('orders')
          .selectAll()
          .where('next_at', '<=', now)
          .orderBy('next_at')
          .limit(most)
          .as('due'),
      )
      .selectAll()
      .where(this.dialect.isOneOf('connector', connectors))
      .orderBy('next_at')
      .limit(limit)
      .execute();
    return rows.map(toOrder);
  }

  private async areMoreDue(than: number, now: number): Promise<boolean> {
    const next = await this.dialect.reader
      .selectFrom('orders')
      .select('next_at')
      .where('next_at', '<=', now)
      .orderBy('next_at')
      .offset(than)
      .limit(1)
      .executeTakeFirst();
    return next !== undefined;
  }

  async leased(connectors: readonly string[]): Promise<StoredOrder[]> {
    const rows = await this.dialect.reader
      .selectFrom('orders')
      .selectAll()
      // Avoids `is not null`, for which SQLite scans all orders.
      .where('holder', '>', '')
      .execute();
    const ours = new Set(connectors);
    return rows.filter(({ connector }) => ours.has(connector)).map(toOrder);
  }

  /** Jumps from one connector to the next in the index, because a scan of all orders would be slow. */
  async connectors(): Promise<string[]> {
    const { rows } = await sql<{ connector: string }>`
      with recursive found (connector) as (
        select min(connector) from orders
        union all
        select (select min(connector) from orders where orders.connector > found.connector)
          from found where found.connector is not null
      )
      select connector from found where connector is not null`.execute(this.dialect.reader);
    return rows.map(({ connector }) => connector);
  }

  async countsElsewhere(but: readonly string[], states: readonly OrderState[]): Promise<OrderCount[]> {
    const known = new Set(but);
    const others = (await this.connectors()).filter((connector) => !known.has(connector));
    return others.length === 0 ? [] : this.counts(others, states);
  }

  async counts(connectors: readonly string[], states: readonly OrderState[]): Promise<OrderCount[]> {
    const rows = await this.dialect.reader
      .selectFrom('orders')
      .select((eb) => ['connector', 'state', eb.fn.countAll().as('count')])
      .where(this.dialect.isOneOf('connector', connectors))
      .where('state', 'in', [...states])
      .groupBy(['connector', 'state'])
      .orderBy('connector')
      .orderBy('state')
      .execute();
    return rows.map(({ connector, state, count }) => ({ connector, state, count: Number(count) }));
  }
}
