/**
 * Composes the library for one deployment: an order service and a transaction matcher per connector, and a poll of the store that
 * continues unfinished orders.
 */
import { hasDied, type Store } from '@tributary/feed';
import type { TransactionClaims } from '@tributary/sync';
import { Answers } from './answers.js';
import { OrderClaims } from './claims.js';
import { ranBack } from './clock-steps.js';
import { OrderDesk } from './desk.js';
import { OrderLedger } from './order-ledger.js';
import { ordersContextOf, type OrdersContext, type OrdersOptions } from './orders-context.js';
import type { OrderConnector } from './orders.types.js';
import { warnOfOrphans } from './orphans.js';
import { isHeld } from './taking.js';
import { OrderWorker } from './worker.js';

/** Maximum number of due orders that one poll of the store returns. */
const MOST_DUE = 200;

export class OrderEngine {
  private readonly context: OrdersContext;
  private readonly answers = new Answers();
  private readonly workers = new Map<string, OrderWorker>();
  /** Time of the last poll. `Infinity` at start, because the last poll of the previous process is unknown. */
  private polledAt = Infinity;
  private cancel: (() => void) | undefined;
  private endWatch: (() => void) | undefined;
  private polling: Promise<void> | undefined;
  private looking: Promise<void> | undefined;
  private stopped: Promise<void> | undefined;

  constructor(
    private readonly store: Store,
    options: OrdersOptions,
  ) {
    this.context = ordersContextOf(options);
  }

  /**
   * Adds a connector.
   * @throws Error when the connector was added before
   */
  open(connector: OrderConnector): { desk: OrderDesk; claims: TransactionClaims } {
    if (this.workers.has(connector.path)) throw new Error(`the orders of ${connector.path} are open already`);
    const ledger = new OrderLedger(this.store, connector, this.answers, this.context);
    const worker = new OrderWorker(ledger, this.context);
    this.workers.set(connector.path, worker);
    return {
      desk: new OrderDesk(ledger, worker, this.answers, this.context),
      claims: new OrderClaims(ledger, this.context),
    };
  }

  /** Starts the poll. It continues orders that wait, that a dead process left, or that are pending at the PSP. */
  start(): void {
    if (this.cancel || this.stopped || this.looking) return;
    this.looking = warnOfOrphans(this.store, [...this.workers.keys()], this.context);
    if (this.workers.size === 0) return;
    this.endWatch = this.context.metrics.watch(this.store.allOrders(), [...this.workers.keys()]);
    this.schedule(0);
  }

  /** Stops the poll, and finishes or records every order in progress. Call it when no request is in progress any more. */
  stop(): Promise<void> {
    return (this.stopped ??= this.end());
  }

  private schedule(delay: number): void {
    this.cancel = this.context.clock.after(delay, () => {
      this.polling = this.poll().finally(() => {
        if (!this.stopped) this.schedule(this.context.pace.poll);
      });
    });
  }

  /** Polls the store for due orders and starts their processing. Never throws. */
  private async poll(): Promise<void> {
    try {
      await this.watchClock();
      // Busy connectors are left out: due orders of a slow PSP must not fill the result and hide those of the others.
      const idle = [...this.workers.values()].filter(({ isBusy }) => !isBusy).map(({ path }) => path);
      if (idle.length === 0) return;
      const books = this.store.allOrders();
      const { clock, holder } = this.context;
      const due = await books.due(idle, clock.now(), MOST_DUE);
      const left = (await books.leased(idle)).filter((order) => hasDied(order.holder ?? '', holder));
      if (this.stopped) return;
      const free = [...due, ...left].filter((order) => !isHeld(order, holder, clock.now()));
      for (const { connector, id } of free) void this.workers.get(connector)?.workDue(id);
    } catch (error) {
      this.context.logger.warn({ err: error }, 'the store did not say which orders are due; asking again');
    }
  }

  /** Detects a store clock that was set back since the last poll. */
  private async watchClock(): Promise<void> {
    const { clock, pace } = this.context;
    const now = clock.now();
    if (ranBack(this.polledAt, now, pace)) {
      for (const worker of this.workers.values()) await worker.clockWentBack();
    }
    this.polledAt = now;
  }

  private async end(): Promise<void> {
    this.cancel?.();
    this.endWatch?.();
    await this.polling;
    await this.looking;
    await Promise.all([...this.workers.values()].map((worker) => worker.stop()));
  }
}
