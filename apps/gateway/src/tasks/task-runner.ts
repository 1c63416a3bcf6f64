/**
 * Runs tasks when they are due. All gateways of a store have the same tasks, but only one gateway runs a task at a time: the gateway that
 * gets the lease of the task.
 */
import type { Store } from '@tributary/feed';
import type { Logger } from '../logging/index.js';

/** Duration of a lease in ms. If a gateway dies while it runs a task, another gateway can run the task after this time. */
const LEASE_MS = 60_000;
/** Time in ms between two checks for tasks that are due. */
const CHECK_INTERVAL_MS = 5_000;

export interface ScheduledTask {
  /** The name of the task, which is unique within the store: `reconciliation:acme/house-bank`. */
  name: string;
  /** The time from the end of one run to the start of the next, in milliseconds. */
  everyMs: number;
  run: () => Promise<void>;
}

export class TaskRunner {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private hasStarted = false;
  private isStopped = false;

  constructor(
    private readonly store: Pick<Store, 'tasks'>,
    private tasks: readonly ScheduledTask[],
    private readonly logger: Pick<Logger, 'error'>,
  ) {}

  start(): void {
    this.hasStarted = true;
    if (this.tasks.length > 0 && this.timer === undefined) this.scheduleCheck(0);
  }

  /** Replaces the tasks. A task that is running ends as it began. */
  setTasks(tasks: readonly ScheduledTask[]): void {
    this.tasks = tasks;
    if (this.hasStarted && !this.isStopped) this.start();
  }

  /** Stops the runner: waits until the running task has ended, and starts no further task. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Runs, one after the other, all tasks that are due and that no other gateway is running. */
  async runDueTasks(): Promise<void> {
    for (const task of this.tasks) {
      if (this.isStopped) return;
      try {
        await this.runIfDue(task);
      } catch (error) {
        this.logger.error({ task: task.name, err: error }, 'a scheduled task failed');
      }
    }
  }

  private scheduleCheck(delayMs: number): void {
    this.timer = setTimeout(() => {
      this.running = this.runDueTasks().then(() => {
        if (!this.isStopped) this.scheduleCheck(CHECK_INTERVAL_MS);
      });
    }, delayMs);
  }

  private async runIfDue({ name, everyMs, run }: ScheduledTask): Promise<void> {
    const claimed = await this.store.tasks().claim(name, LEASE_MS);
    if (!claimed) return;
    // If a renewal of the lease fails, the task continues. Another gateway may then also run the task, but both results are right.
    const renewal = setInterval(() => void claimed.renew(LEASE_MS).catch(() => false), LEASE_MS / 3);
    try {
      await run();
    } finally {
      clearInterval(renewal);
      // After a failure the task also waits until it is due again, so that it does not run continuously.
      await claimed.finish(everyMs);
    }
  }
}
