/** Pulls every stream of every connector, either on a schedule while the gateway is running, or once. */
import { STREAMS } from '@tributary/connector-api';
import type { Stream } from '@tributary/connector-api';
import { getCurrentProcess, type Store, type SyncRun } from '@tributary/feed';
import { getSyncContext } from '../sync-context.js';
import type { SyncContext, SyncOptions } from '../sync-context.js';
import { getListMethod } from '../pulling/plugin-caller.js';
import { RunReporter } from '../reporting/run-reporter.js';
import { StoredRowHashCheck } from '../verification/stored-row-hash-check.js';
import { CompletenessMonitor } from '../completeness/completeness-monitor.js';
import { Semaphore } from '../pulling/semaphore.js';
import { StreamScheduler } from './stream-scheduler.js';
import type { SyncConnector, SyncProgress } from '../sync.types.js';
import { ReportedChangeWatcher } from './reported-change-watcher.js';
import { RetryRequestWatcher } from './retry-request-watcher.js';

/** Contains the schedulers and the watchers of reported changes of all connectors. */
export class SyncEngine {
  private readonly context: SyncContext;
  private readonly schedulers: Map<string, StreamScheduler[]>;
  private readonly retryRequests: RetryRequestWatcher;
  private changeWatchers: ReportedChangeWatcher[] = [];
  private changeWatcherRuns: Promise<void>[] = [];
  private hasStarted = false;
  private stopping: Promise<void> | undefined;

  constructor(
    store: Store,
    private readonly connectors: readonly SyncConnector[],
    options: SyncOptions,
  ) {
    this.context = getSyncContext(options);
    const shared = {
      store,
      context: this.context,
      semaphore: new Semaphore(this.context.limits.concurrency),
      holder: getCurrentProcess(),
    };
    const reporter = new RunReporter(store, this.context);
    const sampler = new StoredRowHashCheck(store, this.context);
    this.schedulers = new Map(
      connectors.map((connector) => {
        const throttle = { throttledUntil: 0 };
        const streams = STREAMS.filter((stream) => getListMethod(connector.client, stream));
        const monitor = CompletenessMonitor.create(connector, store, this.context);
        const createScheduler = (stream: Stream) => {
          const completeness = stream === 'transactions' ? monitor : undefined;
          const dependencies = { ...shared, connector, stream, completeness };
          const onFailure = () => this.retryRequests.start();
          return new StreamScheduler(dependencies, throttle, reporter, sampler, onFailure);
        };
        return [connector.path, streams.map(createScheduler)];
      }),
    );
    this.retryRequests = new RetryRequestWatcher(store, this.context, this.schedulers);
  }

  /** Starts the schedules and the watchers of reported changes. They run until `stop()`. */
  start(): void {
    if (this.hasStarted || this.stopping) return;
    this.hasStarted = true;
    const { random, limits } = this.context;
    const schedulers = [...this.schedulers.values()].flat();
    const maxSpreadMs = limits.startSpacingMs * schedulers.length;
    for (const connector of this.connectors) {
      const maxDelayMs = Math.min(connector.pullIntervalMs, maxSpreadMs);
      for (const scheduler of this.schedulers.get(connector.path) ?? [])
        scheduler.start(random() * maxDelayMs);
      if (connector.client.watch) this.startChangeWatcher(connector);
    }
  }

  /** Stops all pulls after their current page. After the grace period, the engine no longer waits for the remaining pulls. */
  stop(): Promise<void> {
    return (this.stopping ??= this.stopAll());
  }

  /**
   * Requests a pull of these streams soon, and returns at once. Several requests cause one pull. While the engine is not running, the
   * request has no effect.
   * @throws Error when no connector has this path
   */
  requestPull(path: string, streams: readonly Stream[]): void {
    for (const scheduler of this.requireSchedulers(path)) {
      if (streams.includes(scheduler.stream)) scheduler.requestPull();
    }
  }

  /**
   * Starts pulls of these streams at once, even if the streams wait after a failure. The method does not wait for the pulls. A rate limit
   * of the PSP still applies.
   */
  retryPulls(path: string, streams: readonly Stream[]): void {
    for (const scheduler of this.schedulers.get(path) ?? [])
      if (streams.includes(scheduler.stream)) scheduler.retryNow();
  }

  /**
   * Pulls each stream until it has caught up.
   * @param path path of a connector; if it is absent, all connectors are pulled
   * @param signal stops the pulls after their current page
   * @returns the runs in the order of the connectors; a run that did not catch up has an `error`
   * @throws Error when no connector has this path
   */
  async runOnce(
    path?: string,
    onProgress?: (progress: SyncProgress) => void,
    signal?: AbortSignal,
  ): Promise<SyncRun[]> {
    const schedulers =
      path === undefined ? [...this.schedulers.values()].flat() : this.requireSchedulers(path);
    return Promise.all(schedulers.map((scheduler) => scheduler.runOnce(onProgress, signal)));
  }

  private startChangeWatcher(connector: SyncConnector): void {
    const watcher = new ReportedChangeWatcher(connector, this.context, (streams) =>
      this.requestPull(connector.path, streams),
    );
    this.changeWatchers.push(watcher);
    this.changeWatcherRuns.push(watcher.run());
  }

  private async stopAll(): Promise<void> {
    const { clock, limits, logger } = this.context;
    this.retryRequests.stop();
    for (const watcher of this.changeWatchers) watcher.stop();
    const allStopped = Promise.all([
      ...this.changeWatcherRuns,
      ...[...this.schedulers.values()].flat().map((scheduler) => scheduler.stop()),
    ]).then(() => true);
    // After the grace period, the pulls close their iterators, and a pull may still commit a page. So the engine waits a little longer.
    // Then it returns without waiting for the remaining pulls. This is safe, because a pull can be interrupted at any moment.
    const timeoutMs = limits.stopGraceMs + 2 * limits.closeTimeoutMs;
    let cancel = () => {};
    const timedOut = new Promise<false>((resolve) => {
      cancel = clock.after(timeoutMs, () => resolve(false));
    });
    if (!(await Promise.race([allStopped, timedOut]))) {
      logger.warn('sync did not end in time; what was not committed is pulled again after the next start');
    }
    cancel();
  }

  private requireSchedulers(path: string): StreamScheduler[] {
    const schedulers = this.schedulers.get(path);
    if (schedulers) return schedulers;
    const knownPaths = [...this.schedulers.keys()].map((name) => JSON.stringify(name)).join(', ');
    throw new Error(`there is no connector ${JSON.stringify(path)}; there are: ${knownPaths || 'none'}`);
  }
}
