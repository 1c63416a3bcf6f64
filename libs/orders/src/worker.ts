/** Does what is to be done about the orders of one connector: takes one on, calls the PSP, and settles what that meant. */
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

/** After so long a PSP that takes nothing is tried again, unless it says when. */
const CLOSED_FOR = 1_000;
const LONGEST_CLOSED = 15 * 60_000;

/** Between two attempts to write down what the PSP said. */
const FIRST_REWRITE = 250;
const LONGEST_REWRITE = 5_000;

export class OrderWorker {
  private readonly slots: Slots;
  private readonly calls: PspCalls;
  /** Orders that somebody works on here, or waits to. */
  private readonly working = new Map<string, Promise<void>>();
  /** Of those, what the PSP was asked and has not answered. */
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

  /** More of what is due would only wait here. */
  get isBusy(): boolean {
    return this.due >= 2 * this.context.pace.concurrency;
  }

  /** What was found due, in turn with what requests bring. */
  async workDue(id: string): Promise<void> {
    if (this.working.has(id)) return;
    this.due++;
    await this.work(id);
    this.due--;
  }

  /** After the clock went back: what was to be done at a time that lies far ahead now is done at once. */
  async clockWentBack(): Promise<void> {
    const { clock, pace } = this.context;
    this.closedUntil = 0;
    const open = await this.ledger.inState(UNSETTLED, Number.MAX_SAFE_INTEGER);
    for (const order of open) {
      if (!lookAgain(order, clock.now(), pace)) continue;
      await this.ledger.change(order.id, (stored) => lookAgain(stored, clock.now(), pace));
    }
  }

  /** Never throws: what could not be done is done when the order is found due again. */
  work(id: string): Promise<void> {
    const known = this.working.get(id);
    if (known) return known;
    const work = this.workInTurn(id).finally(() => this.working.delete(id));
    this.working.set(id, work);
    return work;
  }

  /** Waits for the calls under way, and leaves what takes longer to whoever comes next. */
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

  /** What the PSP said is known here only: it is not dropped because the store is away for a while. */
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

  /** @returns what is to be done next, by whoever decided it. */
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

  /** The answer may still come, when nobody is there to write it down. */
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

/** Instead of another call: as if the look had not been. */
function leave(order: StoredOrder, by: Circumstances): { change: OrderChange } {
  return { change: { set: { ...released, nextAt: nextLook(order, by) } } };
}
