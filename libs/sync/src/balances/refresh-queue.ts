/**
 * Runs one task for each of many accounts. A few tasks run at the same time. Accounts whose balances a client is waiting for come first.
 */
import { PspError } from '@tributary/connector-api';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** The maximum number of tasks that run at the same time. Further tasks wait. */
const MAX_RUNNING = 10;
/** The maximum number of accounts that wait. If more are added, `add` throws. */
const MAX_WAITING = 10_000;

interface QueuedTask<T> {
  accountId: string;
  promise: Promise<T>;
  start: () => Promise<void>;
}

export class RefreshQueue<T> {
  /** The waiting and running tasks, by account. Concurrent requests for the same account share one task. */
  private readonly tasks = new Map<string, QueuedTask<T>>();
  private readonly urgent = new Set<QueuedTask<T>>();
  private readonly background = new Set<QueuedTask<T>>();
  private runningCount = 0;
  private isStopped = false;

  /** @param refresh reads the balances of one account; if it throws, the requests that wait for the task get the error */
  constructor(private readonly refresh: (accountId: string) => Promise<T>) {}

  /** True if a task that is added now starts at once. */
  get isIdle(): boolean {
    return this.runningCount < MAX_RUNNING && this.urgent.size + this.background.size === 0;
  }

  /**
   * Adds a task for an account. If the account already has a task, the function returns the result of this task.
   * @param urgent true if a client waits for the result because no balances are stored
   * @throws PspError `unavailable` if too many accounts wait already
   */
  add(accountId: string, urgent: boolean): Promise<T> {
    const existing = this.tasks.get(accountId);
    if (existing) {
      // A task that is already running is in neither of the sets `background` and `urgent`.
      if (urgent && this.background.delete(existing)) this.urgent.add(existing);
      return existing.promise;
    }
    if (this.isStopped || this.urgent.size + this.background.size >= MAX_WAITING) {
      throw new PspError('unavailable', `${MAX_WAITING} accounts are waiting already`);
    }
    const task = this.createTask(accountId);
    this.tasks.set(accountId, task);
    (urgent ? this.urgent : this.background).add(task);
    if (this.runningCount < MAX_RUNNING) void this.runTasks();
    return task.promise;
  }

  /** Discards the waiting accounts. */
  stop(): void {
    this.isStopped = true;
    this.urgent.clear();
    this.background.clear();
  }

  private createTask(accountId: string): QueuedTask<T> {
    let start = () => Promise.resolve();
    const promise = new Promise<T>((resolve, reject) => {
      start = () => this.refresh(accountId).then(resolve, reject);
    });
    // If a request waits for the task, it gets the error from the promise. For most tasks no request waits, so the error is ignored here.
    promise.catch(() => undefined);
    return { accountId, promise, start };
  }

  private async runTasks(): Promise<void> {
    this.runningCount++;
    for (let task = this.takeTask(); task !== undefined; task = this.takeTask()) {
      await task.start();
      this.tasks.delete(task.accountId);
      // A PSP can respond at once. The pause lets this process answer requests between two tasks.
      await nextTurn();
    }
    this.runningCount--;
  }

  private takeTask(): QueuedTask<T> | undefined {
    for (const waiting of [this.urgent, this.background]) {
      const [task] = waiting;
      if (task === undefined) continue;
      waiting.delete(task);
      return task;
    }
    return undefined;
  }
}
