/**
 * The one way in which orders change: a decision of this room, what clients see of it, and what people are told of it, in one
 * transaction. Whoever waits for the answer learns of it afterwards.
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

  /** @param begin the first change, given the day's sum before it */
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

  /** @param decide without side effects; `undefined` changes nothing */
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

  /** For a client that can wait no longer: gives the answer with what is known, unless there is one. */
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

  /** Which of these ids (as served) the transactions hold. */
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

  /** @param answerWithin milliseconds from the order's beginning to its answer at the latest */
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
