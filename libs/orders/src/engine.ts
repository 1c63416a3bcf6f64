/** Everything about orders of one deployment: desks that take them, claims for sync, and the clockwork that finishes what was begun. */
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

/** Orders that one question to the store brings. */
const MOST_DUE = 200;

export class OrderEngine {
  private readonly context: OrdersContext;
  private readonly answers = new Answers();
  private readonly workers = new Map<string, OrderWorker>();
  /** When it was last asked what is due; nobody knows when the process before this one did. */
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

  /** @throws Error for a connector that is open already. */
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

  /** Goes on with orders that wait, were left by a process that is gone, or are in the PSP's hands. */
  start(): void {
    if (this.cancel || this.stopped || this.looking) return;
    this.looking = warnOfOrphans(this.store, [...this.workers.keys()], this.context);
    if (this.workers.size === 0) return;
    this.endWatch = this.context.metrics.watch(this.store.allOrders(), [...this.workers.keys()]);
    this.schedule(0);
  }

  /** Finishes or records every order in hand. To be called when no request is under way any more. */
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

  /** Never throws. */
  private async poll(): Promise<void> {
    try {
      await this.watchClock();
      // A connector whose PSP is slow must not hide the due orders of the others.
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
