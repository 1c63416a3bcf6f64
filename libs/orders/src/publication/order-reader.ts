/**
 * Reads orders of one connector for the requests that wait for their responses. While a read is running, further requests are collected for
 * the next read. So any number of waiting requests needs one connection to the store, and the other connections stay free.
 */
import type { OrderRepository, StoredOrder } from '@tributary/feed';

interface Batch {
  ids: Set<string>;
  orders: Promise<Map<string, StoredOrder>>;
}

export class OrderReader {
  private lastRead: Promise<unknown> = Promise.resolve();
  /** The requests that are collected for the next read. */
  private nextBatch: Batch | undefined;

  constructor(private readonly repository: Pick<OrderRepository, 'findCurrent'>) {}

  /**
   * Returns an order as it is stored at the time of this call or later.
   * @throws StoreUnavailableError when the store cannot be reached
   * @throws StoreChangedError when the database was replaced
   */
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
