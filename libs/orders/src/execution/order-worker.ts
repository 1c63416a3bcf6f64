/**
 * Executes the orders of one connector. For each order, the worker commits a decision, calls the PSP, and commits the outcome. The
 * functions in `next-action.ts` and `apply-outcome.ts` make the decisions; they have no side effects.
 */
import type { ExchangeRecorder } from '@tributary/connector-api/http';
import type { OrderChange, StoredOrder } from '@tributary/feed';
import { Semaphore } from '@tributary/sync';
import { recheckAfterClockRollback } from '../state-machine/clock-rollback.js';
import { UNCONFIRMED_STATES } from '../state-machine/overdue-alert.js';
import type { OrderStateWriter } from '../publication/order-state-writer.js';
import type { OrdersContext } from '../runtime/orders-context.js';
import type { DecisionContext, AttemptOutcome, OrderAction } from '../state-machine/state-machine.types.js';
import type { ExchangeLog } from './exchange-log.js';
import { OrderPluginCaller } from './order-plugin-caller.js';
import { applyOutcome } from '../state-machine/apply-outcome.js';
import {
  RELEASED_LEASE,
  decideNextAction,
  markOutcomeUnknown,
  type Decision,
} from '../state-machine/next-action.js';

/** Pause in ms after the PSP rejected an order because of its rate limit, if the response names no time for a retry. */
const DEFAULT_THROTTLE_MS = 1_000;
/** The maximum pause in ms that a PSP can request. A longer pause is reduced to this value. */
const MAX_THROTTLE_MS = 15 * 60_000;

/**
 * Delay in ms before the outcome of a PSP call is written again after a failed write. The delay doubles after each failure, up to the
 * maximum.
 */
const INITIAL_WRITE_RETRY_MS = 250;
const MAX_WRITE_RETRY_MS = 5_000;

/** An action in progress, and the recorder of its requests to the PSP. */
interface ActiveAction {
  action: OrderAction;
  recorder: ExchangeRecorder | undefined;
}

export class OrderWorker {
  private readonly semaphore: Semaphore;
  private readonly pluginCaller: OrderPluginCaller;
  /** The orders that this process works on or has queued, by order id. */
  private readonly inProgress = new Map<string, Promise<void>>();
  /** The actions in progress, by order id. An action is in progress until its PSP call has ended and its outcome is written. */
  private readonly activeActions = new Map<string, ActiveAction>();
  private throttledUntil = 0;
  private dueCount = 0;
  private isStopping = false;

  constructor(
    private readonly writer: OrderStateWriter,
    private readonly exchangeLog: ExchangeLog,
    private readonly context: OrdersContext,
  ) {
    this.semaphore = new Semaphore(context.timings.maxConcurrentCalls);
    this.pluginCaller = new OrderPluginCaller(writer.connector, context);
  }

  get connectorPath(): string {
    return this.writer.connector.path;
  }

  /** Returns true if the queue is full. Then the poll of the store leaves out this connector. */
  get isBusy(): boolean {
    return this.dueCount >= 2 * this.context.timings.maxConcurrentCalls;
  }

  /** Processes an order that a poll of the store found as due. These orders and new orders share one concurrency limit. */
  async processDue(id: string): Promise<void> {
    if (this.inProgress.has(id)) return;
    this.dueCount++;
    await this.process(id);
    this.dueCount--;
  }

  /** Called after the clock was set back. Orders whose next action is now far in the future become due at once. */
  async onClockRollback(): Promise<void> {
    const { clock, timings } = this.context;
    this.throttledUntil = 0;
    const unconfirmed = await this.writer.findByState(UNCONFIRMED_STATES, Number.MAX_SAFE_INTEGER);
    for (const order of unconfirmed) {
      if (!recheckAfterClockRollback(order, clock.now(), timings)) continue;
      await this.writer.update(order.id, (stored) => recheckAfterClockRollback(stored, clock.now(), timings));
    }
  }

  /** Processes an order until it has no next action. The function never throws: after an error, the order becomes due again later. */
  process(id: string): Promise<void> {
    const running = this.inProgress.get(id);
    if (running) return running;
    const processing = this.processWhenFree(id).finally(() => this.inProgress.delete(id));
    this.inProgress.set(id, processing);
    return processing;
  }

  /**
   * Waits at most `shutdownGraceMs` for the calls in progress. Then it releases the remaining orders, so that another process can continue
   * them.
   */
  async stop(): Promise<void> {
    this.isStopping = true;
    const { clock, timings } = this.context;
    let cancel = () => {};
    const grace = new Promise<void>((resolve) => {
      cancel = clock.after(timings.shutdownGraceMs, resolve);
    });
    await Promise.race([Promise.all(this.inProgress.values()), grace]);
    cancel();
    await Promise.all([...this.activeActions.values()].map((active) => this.handOver(active)));
  }

  private async processWhenFree(id: string): Promise<void> {
    await this.semaphore.acquire();
    try {
      let action = this.isStopping ? undefined : await this.startNextAction(id);
      while (action) action = await this.executeAction(action);
    } catch (error) {
      const { logger } = this.context;
      logger.error(
        { connector: this.connectorPath, order: id, err: error },
        'the store could not be written: the order is looked at later',
      );
    } finally {
      this.activeActions.delete(id);
      this.semaphore.release();
    }
  }

  private startNextAction(id: string): Promise<OrderAction | undefined> {
    return this.commitDecision(id, (order) => decideNextAction(order, this.decisionContext()));
  }

  /**
   * Calls the PSP and commits the outcome.
   * @returns the next action of the order, or `undefined`
   */
  private async executeAction(action: OrderAction): Promise<OrderAction | undefined> {
    const recorder = this.exchangeLog.createRecorder();
    this.activeActions.set(action.order.id, { action, recorder });
    const outcome = await this.pluginCaller.execute(action, recorder);
    this.recordOutcome(action, outcome);
    try {
      return await this.retryUntilWritten(() =>
        this.commitDecision(action.order.id, (order) => {
          const decision = applyOutcome(order, action, outcome, this.decisionContext());
          return this.isStopping && decision?.action ? releaseNow(this.decisionContext()) : decision;
        }),
      );
    } finally {
      this.exchangeLog.add(action, recorder);
    }
  }

  /**
   * Repeats a write until it succeeds or the worker stops. Only this process has the outcome of the PSP call, so the outcome would be lost
   * if the write were given up.
   */
  private async retryUntilWritten<T>(write: () => Promise<T>): Promise<T> {
    const { clock, logger } = this.context;
    for (let delayMs = INITIAL_WRITE_RETRY_MS; ; delayMs = Math.min(2 * delayMs, MAX_WRITE_RETRY_MS)) {
      try {
        return await write();
      } catch (error) {
        if (this.isStopping) throw error;
        logger.warn(
          { connector: this.connectorPath, err: error },
          'what the PSP said of an order cannot be written yet',
        );
        await new Promise<void>((resolve) => clock.after(delayMs, resolve));
      }
    }
  }

  /**
   * Commits a decision about an order.
   * @returns the action that this process must execute now, or `undefined`
   */
  private async commitDecision(
    id: string,
    decide: (order: StoredOrder) => Decision | undefined,
  ): Promise<OrderAction | undefined> {
    let actionType: OrderAction['type'] | undefined;
    const order = await this.writer.update(id, (stored) => {
      const decision = decide(stored);
      actionType = decision?.action;
      return decision?.change;
    });
    return order && actionType ? { type: actionType, order } : undefined;
  }

  /**
   * Releases an unfinished action when the gateway stops. If the order was sent, it becomes `unknown`, because this process will not store
   * a response that arrives later.
   */
  private async handOver({ action, recorder }: ActiveAction): Promise<void> {
    this.exchangeLog.add(action, recorder);
    await this.writer.update(action.order.id, (order): OrderChange | undefined => {
      if (order.fencingToken !== action.order.fencingToken) return undefined;
      const { now } = this.decisionContext();
      if (order.state !== 'sending') return { set: { ...RELEASED_LEASE, nextActionAt: now } };
      const { set, event } = markOutcomeUnknown(order, 'the gateway stopped before the PSP answered');
      return {
        set: { ...set, ...RELEASED_LEASE, nextActionAt: now, fencingToken: order.fencingToken + 1 },
        ...(event ? { event } : {}),
      };
    });
  }

  private decisionContext(): DecisionContext {
    const { clock, timings, holder } = this.context;
    const { connector, lastRestore: restore } = this.writer;
    return { now: clock.now(), connector, timings, holder, throttledUntil: this.throttledUntil, restore };
  }

  /** Logs the outcome of an action. If the PSP accepts no orders for some time, the function also stores this time. */
  private recordOutcome(action: OrderAction, outcome: AttemptOutcome): void {
    const { clock, logger } = this.context;
    const { order } = action;
    const logFields = { connector: this.connectorPath, order: order.id, reference: order.idempotencyKey };
    switch (outcome.kind) {
      case 'not-accepted': {
        const { retryAfterMs = DEFAULT_THROTTLE_MS } = outcome.error.details;
        this.throttledUntil = Math.max(
          this.throttledUntil,
          clock.now() + Math.min(retryAfterMs, MAX_THROTTLE_MS),
        );
        const level = outcome.error.kind === 'unauthorized' ? 'error' : 'warn';
        logger[level](
          { ...logFields, kind: outcome.error.kind },
          `${outcome.error.message}; the order waits`,
        );
        return;
      }
      case 'unknown':
        logger.warn(
          { ...logFields, kind: outcome.error.kind },
          `${outcome.error.message}; the order is looked for`,
        );
        return;
      case 'declined':
        logger.info(logFields, `${outcome.error.message}; the order is refused`);
        return;
      case 'result':
        if (order.pspId === undefined || order.pspId === outcome.result.id) return;
        logger.error(
          logFields,
          `${this.connectorPath}: the PSP has order ${order.id} as ${order.pspId} and as ${outcome.result.id}: was it paid twice?`,
        );
        return;
      case 'not-found':
        return;
    }
  }
}

/** Releases the order without a call to the PSP. It is due at once, so that another process continues with a lookup. */
function releaseNow({ now }: DecisionContext): { change: OrderChange } {
  return { change: { set: { ...RELEASED_LEASE, nextActionAt: now } } };
}
