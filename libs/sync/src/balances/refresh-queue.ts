/**
 * Runs a task for each of many accounts. A few tasks run at a time, each account has one task, and accounts for which a client waits come
 * first.
 */
import { PspError } from '@tributary/connector-api';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Maximum number of tasks that run at the same time. */
const MAX_RUNNING = 10;
/** Maximum number of waiting accounts. */
const MAX_WAITING = 10_000;

interface QueuedTask<T> {
  accountId: string;
  promise: Promise<T>;
  start: () => Promise<void>;
}

export class RefreshQueue<T> {
  /** Waiting and running tasks by account. Concurrent requests for the same account share one task. */
  private readonly tasks = new Map<string, QueuedTask<T>>();
  private readonly urgent = new Set<QueuedTask<T>>();
  private readonly background = new Set<QueuedTask<T>>();
  private runningCount = 0;
  private isStopped = false;

  /** @param refresh refreshes one account; its error is thrown to the requests that wait for the task */
  constructor(private readonly refresh: (accountId: string) => Promise<T>) {}

  /** Returns true if a task that is added now starts at once. */
  get isIdle(): boolean {
    return this.runningCount < MAX_RUNNING && this.urgent.size + this.background.size === 0;
  }

  /**
   * Adds an account, or returns the result of its existing task.
   * @param urgent whether a client waits for the result because no balances are stored
   * @throws PspError `unavailable` if too many accounts wait already
   */
  add(accountId: string, urgent: boolean): Promise<T> {
    const existing = this.tasks.get(accountId);
    if (existing) {
      // A task that is already running is in neither of the two sets.
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

  /** Drops the waiting accounts. */
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
    // No request waits for most tasks. If a request waits, it gets the error from the promise.
    promise.catch(() => undefined);
    return { accountId, promise, start };
  }

  private async runTasks(): Promise<void> {
    this.runningCount++;
    for (let task = this.takeTask(); task !== undefined; task = this.takeTask()) {
      await task.start();
      this.tasks.delete(task.accountId);
      // If a PSP responds at once, its tasks must not prevent this process from answering requests.
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
