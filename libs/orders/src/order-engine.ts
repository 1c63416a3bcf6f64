/**
 * Assembles the library for one deployment. Each connector gets an order service and a transaction matcher. One poll of the store finds the
 * unfinished orders of all connectors.
 */
import { isHolderDead, type Store } from '@tributary/feed';
import type { TransactionMatcher } from '@tributary/sync';
import { PendingResponses } from './publication/pending-responses.js';
import { OrderMatcher } from './publication/match-transactions.js';
import { isInFuture } from './state-machine/clock-rollback.js';
import { OrderService } from './intake/order-service.js';
import { OrderStateWriter } from './publication/order-state-writer.js';
import { createOrdersContext, type OrdersContext, type OrdersOptions } from './runtime/orders-context.js';
import type { OrderConnector } from './state-machine/state-machine.types.js';
import { warnOfOrphanedOrders } from './operations/warn-of-orphaned-orders.js';
import { hasRunningLease } from './state-machine/next-action.js';
import { ExchangeLog } from './execution/exchange-log.js';
import { OrderWorker } from './execution/order-worker.js';

/** The maximum number of due orders that one poll of the store returns. Further orders are returned by later polls. */
const MAX_DUE_ORDERS = 200;

/** The orders of one connector: the service that accepts orders, and the matcher of listed transactions. */
export interface ConnectorOrders {
  path: string;
  service: OrderService;
  matcher: TransactionMatcher;
  /** Executes the orders. Only the engine uses it. */
  worker: OrderWorker;
}

export class OrderEngine {
  private readonly context: OrdersContext;
  private readonly exchangeLog: ExchangeLog;
  private readonly pendingResponses = new PendingResponses();
  private readonly workers = new Map<string, OrderWorker>();
  /** The workers of connectors that were replaced or removed, until they have stopped. */
  private readonly formerWorkers = new Set<OrderWorker>();
  private hasStarted = false;
  /** The time of the last poll. It is `Infinity` at the start, because this process has no record of the previous process's polls. */
  private lastPollAt = Infinity;
  private cancelPoll: (() => void) | undefined;
  private unregisterGauge: (() => void) | undefined;
  private currentPoll: Promise<void> | undefined;
  private orphanCheck: Promise<void> | undefined;
  private stopPromise: Promise<void> | undefined;

  constructor(
    private readonly store: Store,
    options: OrdersOptions,
  ) {
    this.context = createOrdersContext(options);
    this.exchangeLog = new ExchangeLog(store, this.context);
  }

  /**
   * Adds a connector to the engine.
   * @throws Error when the connector was already added
   */
  addConnector(connector: OrderConnector): ConnectorOrders {
    if (this.workers.has(connector.path)) throw new Error(`the orders of ${connector.path} are open already`);
    const orders = this.createConnectorOrders(connector);
    this.workers.set(connector.path, orders.worker);
    return orders;
  }

  /** Creates the orders of a connector. The engine does not continue their stored orders until `setConnectors()` contains them. */
  createConnectorOrders(connector: OrderConnector): ConnectorOrders {
    const writer = new OrderStateWriter(this.store, connector, this.pendingResponses, this.context);
    const worker = new OrderWorker(writer, this.exchangeLog, this.context);
    return {
      ...{ path: connector.path, worker },
      service: new OrderService(writer, worker, this.pendingResponses, this.context),
      matcher: new OrderMatcher(writer, this.context),
    };
  }

  /**
   * Replaces the connectors, and returns at once. From now on, the poll continues stored orders with the new connectors. The former workers
   * still finish the orders that they work on, and accept orders of requests in progress, until `stopFormerConnectors()`.
   */
  setConnectors(connectors: readonly ConnectorOrders[]): void {
    const next = new Map(connectors.map(({ path, worker }) => [path, worker]));
    for (const [path, worker] of this.workers) if (next.get(path) !== worker) this.formerWorkers.add(worker);
    this.workers.clear();
    for (const [path, worker] of next) this.workers.set(path, worker);
    if (this.hasStarted && !this.stopPromise) this.followConnectors();
  }

  /**
   * Stops the workers of former connectors: each finishes or hands over its orders in progress. The caller must make sure that no request
   * of these connectors is in progress.
   */
  async stopFormerConnectors(): Promise<void> {
    const workers = [...this.formerWorkers];
    await Promise.all(workers.map((worker) => worker.stop()));
    for (const worker of workers) this.formerWorkers.delete(worker);
  }

  /**
   * Starts the poll of the store. The poll continues orders that wait for a retry, whose process has died, or that are pending at the PSP.
   */
  start(): void {
    if (this.hasStarted || this.stopPromise) return;
    this.hasStarted = true;
    // Expired requests are also deleted if no connector creates orders any more.
    this.exchangeLog.start();
    this.followConnectors();
  }

  /** Warns of orders whose connector is absent, counts the orders of the present connectors, and polls for them. */
  private followConnectors(): void {
    const paths = [...this.workers.keys()];
    this.orphanCheck = warnOfOrphanedOrders(this.store, paths, this.context);
    this.unregisterGauge?.();
    this.unregisterGauge = undefined;
    if (paths.length === 0) return;
    this.unregisterGauge = this.context.metrics.registerGauge(this.store.orderQueue(), paths);
    if (!this.cancelPoll) this.schedulePoll(0);
  }

  /** Stops the poll, and finishes or records every order in progress. The caller must make sure that no request is in progress. */
  stop(): Promise<void> {
    return (this.stopPromise ??= this.shutDown());
  }

  private schedulePoll(delayMs: number): void {
    this.cancelPoll = this.context.clock.after(delayMs, () => {
      this.currentPoll = this.pollDueOrders().finally(() => {
        if (!this.stopPromise) this.schedulePoll(this.context.timings.pollIntervalMs);
      });
    });
  }

  /** Reads the due orders from the store and starts their processing. The function never throws. */
  private async pollDueOrders(): Promise<void> {
    try {
      await this.detectClockRollback();
      // Connectors with a full queue are left out. Otherwise the due orders of a slow PSP would fill the result, and the due orders of
      // other connectors would not be found.
      const idleConnectors = [...this.workers.values()]
        .filter(({ isBusy }) => !isBusy)
        .map(({ connectorPath }) => connectorPath);
      if (idleConnectors.length === 0) return;
      const orderQueue = this.store.orderQueue();
      const { clock, holder } = this.context;
      const due = await orderQueue.findDue(idleConnectors, clock.now(), MAX_DUE_ORDERS);
      const abandoned = (await orderQueue.findLeased(idleConnectors)).filter((order) =>
        isHolderDead(order.holder ?? '', holder),
      );
      if (this.stopPromise) return;
      const unleased = [...due, ...abandoned].filter((order) => !hasRunningLease(order, holder, clock.now()));
      for (const { connector, id } of unleased) void this.workers.get(connector)?.processDue(id);
    } catch (error) {
      this.context.logger.warn({ err: error }, 'the store did not say which orders are due; asking again');
    }
  }

  /** Detects that the store's clock was set back since the last poll. */
  private async detectClockRollback(): Promise<void> {
    const { clock, timings } = this.context;
    const now = clock.now();
    if (isInFuture(this.lastPollAt, now, timings)) {
      for (const worker of this.workers.values()) await worker.onClockRollback();
    }
    this.lastPollAt = now;
  }

  private async shutDown(): Promise<void> {
    this.cancelPoll?.();
    this.unregisterGauge?.();
    await this.currentPoll;
    await this.orphanCheck;
    await Promise.all([...this.workers.values(), ...this.formerWorkers].map((worker) => worker.stop()));
    await this.exchangeLog.stop();
  }
}
