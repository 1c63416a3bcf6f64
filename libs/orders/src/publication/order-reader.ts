/**
 * Reads orders of one connector for the requests that wait for their responses. While a read is running, later requests are collected for
 * the next read. So any number of waiting requests uses one connection to the store, and the other connections stay free for pages and
 * writes.
 */
import type { OrderRepository, StoredOrder } from '@tributary/feed';

interface Batch {
  ids: Set<string>;
  orders: Promise<Map<string, StoredOrder>>;
}

export class OrderReader {
  private lastRead: Promise<unknown> = Promise.resolve();
  /** The batch whose read has not started yet. */
  private nextBatch: Batch | undefined;

  constructor(private readonly repository: Pick<OrderRepository, 'findCurrent'>) {}

  /** Returns the order in a state that is at least as new as this call. @throws StoreUnavailableError and StoreChangedError */
  async find(id: string): Promise<StoredOrder | undefined> {
    const batch = (this.nextBatch ??= this.createBatch());
    batch.ids.add(id);
    return (await batch.orders).get(id);
  }

  private createBatch(): Batch {
    const ids = new Set<string>();
    const orders = this.readAfter(this.lastRead, ids);
    this.lastRead = orders;
    return { ids, orders };
  }

  private async readAfter(
    previous: Promise<unknown>,
    ids: ReadonlySet<string>,
  ): Promise<Map<string, StoredOrder>> {
    await previous.catch(() => undefined);
    this.nextBatch = undefined;
    const orders = await this.repository.findCurrent([...ids]);
    return new Map(orders.map((order) => [order.id, order]));
  }
}
