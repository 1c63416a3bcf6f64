/** Pulls every stream of every connector: on a schedule while the gateway runs, or once. */
import { STREAMS } from '@tributary/connector-api';
import type { Stream } from '@tributary/connector-api';
import { thisProcess, type Store, type SyncRun } from '@tributary/feed';
import { contextOf } from './context.js';
import type { SyncContext, SyncOptions } from './context.js';
import { listing } from './plugin-call.js';
import { Reporter } from './report.js';
import { Slots } from './slots.js';
import { StreamTask } from './stream-task.js';
import type { SyncConnector, SyncProgress } from './sync.types.js';
import { Watcher } from './watcher.js';

/** Owns the schedulers and change listeners of all connectors. */
export class SyncEngine {
  private readonly context: SyncContext;
  private readonly tasks: Map<string, StreamTask[]>;
  private watchers: Watcher[] = [];
  private watching: Promise<void>[] = [];
  private started = false;
  private stopped: Promise<void> | undefined;

  constructor(
    store: Store,
    private readonly connectors: readonly SyncConnector[],
    options: SyncOptions,
  ) {
    this.context = contextOf(options);
    const shared = {
      store,
      context: this.context,
      slots: new Slots(this.context.limits.concurrency),
      holder: thisProcess(),
    };
    const reporter = new Reporter(store, this.context);
    this.tasks = new Map(
      connectors.map((connector) => {
        const gate = { closedUntil: 0 };
        const streams = STREAMS.filter((stream) => listing(connector.psp, stream));
        return [
          connector.path,
          streams.map((stream) => new StreamTask({ ...shared, connector, stream }, gate, reporter)),
        ];
      }),
    );
  }

  /** Starts the schedules and the change listeners. They run until `stop()`. */
  start(): void {
    if (this.started || this.stopped) return;
    this.started = true;
    const { random, limits } = this.context;
    const all = [...this.tasks.values()].flat();
    const spread = limits.startSpacing * all.length;
    for (const connector of this.connectors) {
      const within = Math.min(connector.every, spread);
      for (const task of this.tasks.get(connector.path) ?? []) task.start(random() * within);
      if (connector.psp.watch) this.watch(connector);
    }
  }

  /** Stops all pulls after their current page. It abandons pulls that take longer than the grace period. */
  stop(): Promise<void> {
    return (this.stopped ??= this.end());
  }

  /**
   * Requests a pull of these streams soon, and returns at once. Several requests cause one pull. It has no effect while the engine
   * is not running.
   * @throws Error when no connector has this path
   */
  pull(path: string, streams: readonly Stream[]): void {
    for (const task of this.tasksOf(path)) {
      if (streams.includes(task.stream)) task.pull();
    }
  }

  /**
   * Pulls each stream until it has caught up.
   * @param filter path of a connector; without it all connectors are pulled
   * @param signal stops the pulls after their current page
   * @returns the runs in the order of the connectors; a run that did not catch up has an `error`
   * @throws Error when no connector has this path
   */
  async runOnce(
    filter?: string,
    onProgress?: (progress: SyncProgress) => void,
    signal?: AbortSignal,
  ): Promise<SyncRun[]> {
    const tasks = filter === undefined ? [...this.tasks.values()].flat() : this.tasksOf(filter);
    return Promise.all(tasks.map((task) => task.once(onProgress, signal)));
  }

  private watch(connector: SyncConnector): void {
    const watcher = new Watcher(connector, this.context, (streams) => this.pull(connector.path, streams));
    this.watchers.push(watcher);
    this.watching.push(watcher.run());
  }

  private async end(): Promise<void> {
    const { clock, limits, logger } = this.context;
    for (const watcher of this.watchers) watcher.stop();
    const ended = Promise.all([
      ...this.watching,
      ...[...this.tasks.values()].flat().map((task) => task.stop()),
    ]).then(() => true);
    // Iterators close after the grace period, and a commit may be running, so the engine waits a little longer. After that it
    // abandons the pulls, which is as safe as a crash.
    const patience = limits.stopGrace + 2 * limits.closeDeadline;
    let cancel = () => {};
    const late = new Promise<false>((resolve) => {
      cancel = clock.after(patience, () => resolve(false));
    });
    if (!(await Promise.race([ended, late]))) {
      logger.warn('sync did not end in time; what was not committed is pulled again after the next start');
    }
    cancel();
  }

  private tasksOf(path: string): StreamTask[] {
    const tasks = this.tasks.get(path);
    if (tasks) return tasks;
    const known = [...this.tasks.keys()].map((name) => JSON.stringify(name)).join(', ');
    throw new Error(`there is no connector ${JSON.stringify(path)}; there are: ${known || 'none'}`);
  }
}
