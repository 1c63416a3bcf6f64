/**
 * Runs the order state machine for one connector: commits the decision about an order, calls the PSP, and commits the outcome.
 * The decisions are pure functions in `next-action.ts` and `apply-outcome.ts`.
 */
import type { OrderChange, StoredOrder } from '@tributary/feed';
import { Slots } from '@tributary/sync';
import { lookAgain } from './clock-steps.js';
import { UNSETTLED } from './notice.js';
import type { OrderLedger } from './order-ledger.js';
import type { OrdersContext } from './orders-context.js';
import type { Circumstances, Outcome, Task } from './orders.types.js';
import { PspCalls } from './psp-calls.js';
import { nextLook, settle } from './settling.js';
import { released, take, unsure, type Taken } from './taking.js';

/** Time in ms for which a PSP that accepts no orders is left alone, unless it sends a retry time. */
const CLOSED_FOR = 1_000;
/** Maximum in ms for a retry time of the PSP. */
const LONGEST_CLOSED = 15 * 60_000;

/** Delays in ms between two attempts to store the outcome of a PSP call. The delay doubles up to the maximum. */
const FIRST_REWRITE = 250;
const LONGEST_REWRITE = 5_000;

export class OrderWorker {
  private readonly slots: Slots;
  private readonly calls: PspCalls;
  /** Orders that this process works on or has queued, by order id. */
  private readonly working = new Map<string, Promise<void>>();
  /** Actions whose PSP call or whose write of the outcome is not complete, by order id. */
  private readonly tasks = new Map<string, Task>();
  private closedUntil = 0;
  private due = 0;
  private stopping = false;

  constructor(
    private readonly ledger: OrderLedger,
    private readonly context: OrdersContext,
  ) {
    this.slots = new Slots(context.pace.concurrency);
    this.calls = new PspCalls(ledger.connector, context);
  }

  get path(): string {
    return this.ledger.connector.path;
  }

  /** Tells whether more due orders would only wait in the queue. */
  get isBusy(): boolean {
    return this.due >= 2 * this.context.pace.concurrency;
  }

  /** Processes an order that a poll found due. It shares the concurrency limit with new orders. */
  async workDue(id: string): Promise<void> {
    if (this.working.has(id)) return;
    this.due++;
    await this.work(id);
    this.due--;
  }

  /** Handles a clock that was set back: orders whose schedule is now far in the future become due at once. */
  async clockWentBack(): Promise<void> {
    const { clock, pace } = this.context;
    this.closedUntil = 0;
    const open = await this.ledger.inState(UNSETTLED, Number.MAX_SAFE_INTEGER);
    for (const order of open) {
      if (!lookAgain(order, clock.now(), pace)) continue;
      await this.ledger.change(order.id, (stored) => lookAgain(stored, clock.now(), pace));
    }
  }

  /** Processes an order until it has no next action. Never throws: after an error the order becomes due again later. */
  work(id: string): Promise<void> {
    const known = this.working.get(id);
    if (known) return known;
    const work = this.workInTurn(id).finally(() => this.working.delete(id));
    this.working.set(id, work);
    return work;
  }

  /** Waits for the calls in progress, at most `shutdownGraceMs`. Hands the remaining orders over to the next process. */
  async stop(): Promise<void> {
    this.stopping = true;
    const { clock, pace } = this.context;
    let cancel = () => {};
    const grace = new Promise<void>((resolve) => {
      cancel = clock.after(pace.stopGrace, resolve);
    });
    await Promise.race([Promise.all(this.working.values()), grace]);
    cancel();
    await Promise.all([...this.tasks.values()].map((task) => this.abandon(task)));
  }

  private async workInTurn(id: string): Promise<void> {
    await this.slots.acquire();
    try {
      let task = this.stopping ? undefined : await this.begin(id);
      while (task) task = await this.execute(task);
    } catch (error) {
      const { logger } = this.context;
      logger.error(
        { connector: this.path, order: id, err: error },
        'the store could not be written: the order is looked at later',
      );
    } finally {
      this.tasks.delete(id);
      this.slots.release();
    }
  }

  private begin(id: string): Promise<Task | undefined> {
    return this.decide(id, (order) => take(order, this.circumstances()));
  }

  /** Calls the PSP and commits the outcome. @returns the next action */
  private async execute(task: Task): Promise<Task | undefined> {
    this.tasks.set(task.order.id, task);
    const outcome = await this.calls.make(task);
    this.note(task, outcome);
    return this.untilWritten(() =>
      this.decide(task.order.id, (order) => {
        const taken = settle(order, task, outcome, this.circumstances());
        return this.stopping && taken?.task ? leave(order, this.circumstances()) : taken;
      }),
    );
  }

  /** Retries a write until it succeeds or the worker stops. Only this process knows the outcome, so a store outage must not lose it. */
  private async untilWritten<T>(write: () => Promise<T>): Promise<T> {
    const { clock, logger } = this.context;
    for (let pause = FIRST_REWRITE; ; pause = Math.min(2 * pause, LONGEST_REWRITE)) {
      try {
        return await write();
      } catch (error) {
        if (this.stopping) throw error;
        logger.warn(
          { connector: this.path, err: error },
          'what the PSP said of an order cannot be written yet',
        );
        await new Promise<void>((resolve) => clock.after(pause, resolve));
      }
    }
  }

  /** Commits a decision. @returns the action that this process must execute now */
  private async decide(
    id: string,
    decide: (order: StoredOrder) => Taken | undefined,
  ): Promise<Task | undefined> {
    let task: Task['do'] | undefined;
    const order = await this.ledger.change(id, (stored) => {
      const taken = decide(stored);
      task = taken?.task;
      return taken?.change;
    });
    return order && task ? { do: task, order } : undefined;
  }

  /** Hands an unfinished action over when the gateway stops. No process stores a later response, so a sent order becomes `unknown`. */
  private async abandon(task: Task): Promise<void> {
    await this.ledger.change(task.order.id, (order) => {
      if (order.fence !== task.order.fence) return undefined;
      const { now } = this.circumstances();
      if (order.state !== 'sending') return { set: { ...released, nextAt: now } };
      const { set, event } = unsure(order, 'the gateway stopped before the PSP answered');
      return {
        set: { ...set, ...released, nextAt: now, fence: order.fence + 1 },
        ...(event ? { event } : {}),
      };
    });
  }

  private circumstances(): Circumstances {
    const { clock, pace, holder } = this.context;
    const { connector } = this.ledger;
    return { now: clock.now(), connector, pace, holder, closedUntil: this.closedUntil };
  }

  /** Logs an outcome, and remembers until when the PSP accepts no orders. */
  private note(task: Task, outcome: Outcome): void {
    const { clock, logger } = this.context;
    const { order } = task;
    const of = { connector: this.path, order: order.id, reference: order.idempotencyKey };
    switch (outcome.kind) {
      case 'not-taken': {
        const { retryAfter = CLOSED_FOR } = outcome.error.details;
        this.closedUntil = Math.max(this.closedUntil, clock.now() + Math.min(retryAfter, LONGEST_CLOSED));
        const level = outcome.error.kind === 'unauthorized' ? 'error' : 'warn';
        logger[level]({ ...of, kind: outcome.error.kind }, `${outcome.error.message}; the order waits`);
        return;
      }
      case 'unclear':
        logger.warn({ ...of, kind: outcome.error.kind }, `${outcome.error.message}; the order is looked for`);
        return;
      case 'refused':
        logger.info(of, `${outcome.error.message}; the order is refused`);
        return;
      case 'result':
        if (order.pspId === undefined || order.pspId === outcome.result.id) return;
        logger.error(
          of,
          `${this.path}: the PSP has order ${order.id} as ${order.pspId} and as ${outcome.result.id}: was it paid twice?`,
        );
        return;
      case 'nothing':
        return;
    }
  }
}

/** Releases the order without a further call, for the next process. */
function leave(order: StoredOrder, by: Circumstances): { change: OrderChange } {
  return { change: { set: { ...released, nextAt: nextLook(order, by) } } };
}
