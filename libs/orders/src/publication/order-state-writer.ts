/**
 * Writes all changes of orders. One transaction contains the decision, the rows for clients, and the time of the alert. After the commit,
 * the writer notifies the requests that wait for the response.
 */
import type {
  Durability,
  ImmutableOrderFields,
  OrderRepository,
  OrderChange,
  OrderEvent,
  Store,
  StoredOrder,
  StoreRestore,
} from '@tributary/feed';
import { OrderReader } from './order-reader.js';
import type { PendingResponses } from './pending-responses.js';
import { discardFutureTimestamps } from '../state-machine/clock-rollback.js';
import { markOverdue } from '../state-machine/overdue-alert.js';
import type { OrdersContext } from '../runtime/orders-context.js';
import type { OrderConnector } from '../state-machine/state-machine.types.js';
import { addPublication } from './publish-order.js';

export class OrderStateWriter {
  private readonly repository: OrderRepository;
  private readonly reader: OrderReader;

  constructor(
    private readonly store: Store,
    readonly connector: OrderConnector,
    private readonly pendingResponses: PendingResponses,
    private readonly context: OrdersContext,
  ) {
    this.repository = store.orders(connector.path);
    this.reader = new OrderReader(this.repository);
  }

  get lastRestore(): StoreRestore | undefined {
    return this.store.lastRestore;
  }

  /**
   * Stores a new order, or returns the stored order with the same idempotency key.
   * @param decideFirst returns the first change of a new order; its argument is the total of the day before this order
   */
  async insertOrGet(
    order: ImmutableOrderFields,
    decideFirst: (orderedTodayTotal: bigint) => OrderChange,
  ): Promise<{ order: StoredOrder; fresh: boolean }> {
    const inserted = await this.repository.insertOrGet(order, (stored, orderedTodayTotal) =>
      this.completeChange(stored, decideFirst(orderedTodayTotal)),
    );
    if (inserted.fresh) this.notify(undefined, inserted.order);
    return inserted;
  }

  /**
   * Changes an order while holding its lock.
   * @param decide returns the change, or `undefined` to change nothing; must have no side effects
   * @returns the order after the change, or `undefined` if the order does not exist
   */
  async update(
    id: string,
    decide: (order: StoredOrder) => OrderChange | undefined,
    durability?: Durability,
  ): Promise<StoredOrder | undefined> {
    let before: StoredOrder | undefined;
    const after = await this.repository.update(
      id,
      (order) => {
        before = order;
        const change = decide(order);
        return change && this.completeChange(order, change);
      },
      durability,
    );
    if (after) this.notify(before, after);
    return after;
  }

  /**
   * Stores a response from the present state of the order, because the client cannot wait longer. If the order already has a response,
   * nothing changes.
   */
  async ensureResponse(id: string): Promise<StoredOrder | undefined> {
    const after = await this.repository.update(id, (order) =>
      order.response === undefined ? this.completeChange(order, { set: {} }, -Infinity) : undefined,
    );
    if (after) this.notify(after, after);
    return after;
  }

  /**
   * Reads an order in one query together with the orders of other waiting requests.
   * @throws StoreUnavailableError when the store cannot be reached
   * @throws StoreChangedError when the database was replaced
   */
  find(id: string): Promise<StoredOrder | undefined> {
    return this.reader.find(id);
  }

  findByPspReferences(
    references: Parameters<OrderRepository['findByPspReferences']>[0],
  ): Promise<StoredOrder[]> {
    return this.repository.findByPspReferences(references);
  }

  /** Returns those of the given ids that the transactions feed contains. The ids are the ids as served to clients. */
  async findServedIds(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const feed = await this.store.feed(this.connector.path, 'transactions');
    return feed.findExistingIds(ids);
  }

  findByState(...[states, limit]: Parameters<OrderRepository['findByState']>): Promise<StoredOrder[]> {
    return this.repository.findByState(states, limit);
  }

  readHistory(id: string): Promise<OrderEvent[]> {
    return this.repository.readHistory(id);
  }

  /**
   * Adds to a change: corrected times, the time of the alert, and the response and rows that are due.
   * @param responseTimeoutMs maximum time in ms from the creation of the order to its response
   */
  private completeChange(
    order: StoredOrder,
    change: OrderChange,
    responseTimeoutMs = this.context.timings.responseTimeoutMs,
  ): OrderChange {
    const now = this.context.clock.now();
    const withValidTimes = discardFutureTimestamps(order, change, now, this.context.timings);
    const withAlert = markOverdue(order, withValidTimes, now, this.connector);
    return addPublication(order, withAlert, now, { ...this.context.timings, responseTimeoutMs });
  }

  /** Called after a commit. It counts the change in the metrics, notifies waiting requests, and logs the alert. */
  private notify(before: StoredOrder | undefined, after: StoredOrder): void {
    const { metrics, logger } = this.context;
    const { id, connector, state } = after;
    if (before?.state !== state) metrics.stateChanges.inc({ connector, state });
    if (after.response !== undefined) this.pendingResponses.resolve(id, after.response);
    if (after.alertedAt === undefined || before?.alertedAt === after.alertedAt) return;
    const minutes = Math.round((this.context.clock.now() - after.createdAt) / 60_000);
    logger.warn(
      { connector, order: id, reference: after.idempotencyKey, state },
      `${connector}: order ${id} (${after.idempotencyKey}) is ${state} for ${minutes} minutes: its outcome is unknown; ` +
        `see what the PSP says of it, and "tributary orders show ${id}"`,
    );
  }
}
