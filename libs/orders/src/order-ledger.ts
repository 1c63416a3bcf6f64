/**
 * All changes of orders go through this class. It commits a decision, the rows that clients see of it, and the alert time in one
 * transaction. After the commit it notifies the requests that wait for the response.
 */
import type {
  Durability,
  NewOrder,
  OrderBook,
  OrderChange,
  OrderEvent,
  Store,
  StoredOrder,
} from '@tributary/feed';
import type { Answers } from './answers.js';
import { withTrueTimes } from './clock-steps.js';
import { withNotice } from './notice.js';
import type { OrdersContext } from './orders-context.js';
import type { OrderConnector } from './orders.types.js';
import { withPublication } from './publication.js';

export class OrderLedger {
  private readonly book: OrderBook;

  constructor(
    private readonly store: Store,
    readonly connector: OrderConnector,
    private readonly answers: Answers,
    private readonly context: OrdersContext,
  ) {
    this.book = store.orders(connector.path);
  }

  /**
   * Stores a new order, or returns the order that has the same idempotency key.
   * @param begin returns the first change, given the total of the day before this order
   */
  async receive(
    order: NewOrder,
    begin: (takenToday: bigint) => OrderChange,
  ): Promise<{ order: StoredOrder; fresh: boolean }> {
    const received = await this.book.receive(order, (stored, takenToday) =>
      this.complete(stored, begin(takenToday)),
    );
    if (received.fresh) this.tell(undefined, received.order);
    return received;
  }

  /**
   * Changes an order under its lock.
   * @param decide returns the change, without side effects; `undefined` changes nothing
   * @returns the order afterwards, or `undefined` if there is none
   */
  async change(
    id: string,
    decide: (order: StoredOrder) => OrderChange | undefined,
    durability?: Durability,
  ): Promise<StoredOrder | undefined> {
    let before: StoredOrder | undefined;
    const after = await this.book.change(
      id,
      (order) => {
        before = order;
        const change = decide(order);
        return change && this.complete(order, change);
      },
      durability,
    );
    if (after) this.tell(before, after);
    return after;
  }

  /** Stores a response from what is known now, unless there is one. For a client that cannot wait longer. */
  async answer(id: string): Promise<StoredOrder | undefined> {
    const after = await this.book.change(id, (order) =>
      order.answer === undefined ? this.complete(order, { set: {} }, -Infinity) : undefined,
    );
    if (after) this.tell(after, after);
    return after;
  }

  find(id: string): Promise<StoredOrder | undefined> {
    return this.book.find(id);
  }

  named(names: Parameters<OrderBook['named']>[0]): Promise<StoredOrder[]> {
    return this.book.named(names);
  }

  /** Returns those of the ids (as served) that the transactions feed contains. */
  async served(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const feed = await this.store.feed(this.connector.path, 'transactions');
    return new Set((await feed.latest(ids)).keys());
  }

  inState(...[states, limit]: Parameters<OrderBook['inState']>): Promise<StoredOrder[]> {
    return this.book.inState(states, limit);
  }

  history(id: string): Promise<OrderEvent[]> {
    return this.book.history(id);
  }

  /**
   * Extends a change by corrected times, the alert time, and the response and rows that are due.
   * @param answerWithin maximum time in ms from the creation of the order to its response
   */
  private complete(
    order: StoredOrder,
    change: OrderChange,
    answerWithin = this.context.pace.answerWithin,
  ): OrderChange {
    const now = this.context.clock.now();
    const timed = withTrueTimes(order, change, now, this.context.pace);
    const noticed = withNotice(order, timed, now, this.connector);
    return withPublication(order, noticed, now, { ...this.context.pace, answerWithin });
  }

  /** After a commit: counts the change, notifies waiting requests, and logs the alert. */
  private tell(before: StoredOrder | undefined, after: StoredOrder): void {
    const { metrics, logger } = this.context;
    const { id, connector, state } = after;
    if (before?.state !== state) metrics.changes.inc({ connector, state });
    if (after.answer !== undefined) this.answers.give(id, after.answer);
    if (after.shownAt === undefined || before?.shownAt === after.shownAt) return;
    const minutes = Math.round((this.context.clock.now() - after.createdAt) / 60_000);
    logger.warn(
      { connector, order: id, reference: after.idempotencyKey, state },
      `${connector}: order ${id} (${after.idempotencyKey}) is ${state} for ${minutes} minutes: nobody knows its outcome; ` +
        `see what the PSP says of it, and "tributary orders show ${id}"`,
    );
  }
}
