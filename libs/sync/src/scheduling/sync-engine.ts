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
  /** The schedulers of each connector. The map is changed by `setConnectors()`. */
  private readonly schedulers = new Map<string, StreamScheduler[]>();
  private readonly connectors = new Map<string, SyncConnector>();
  private readonly retryRequests: RetryRequestWatcher;
  private readonly createSchedulers: (connector: SyncConnector) => StreamScheduler[];
  private readonly changeWatchers = new Map<
    string,
    { watcher: ReportedChangeWatcher; ended: Promise<void> }
  >();
  /** The ends of the pulls of connectors that were replaced or removed, by path. */
  private readonly endingPulls = new Map<string, Promise<unknown>>();
  private hasStarted = false;
  private stopping: Promise<void> | undefined;

  constructor(store: Store, connectors: readonly SyncConnector[], options: SyncOptions) {
    this.context = getSyncContext(options);
    const shared = {
      store,
      context: this.context,
      semaphore: new Semaphore(this.context.limits.concurrency),
      holder: getCurrentProcess(),
    };
    const reporter = new RunReporter(store, this.context);
    const sampler = new StoredRowHashCheck(store, this.context);
    this.createSchedulers = (connector) => {
      const throttle = { throttledUntil: 0 };
      const monitor = CompletenessMonitor.create(connector, store, this.context);
      return STREAMS.filter((stream) => getListMethod(connector.client, stream)).map((stream) => {
        const completeness = stream === 'transactions' ? monitor : undefined;
        const dependencies = { ...shared, connector, stream, completeness };
        const onFailure = () => this.retryRequests.start();
        return new StreamScheduler(dependencies, throttle, reporter, sampler, onFailure);
      });
    };
    this.retryRequests = new RetryRequestWatcher(store, this.context, this.schedulers);
    this.setConnectors(connectors);
  }

  /** Starts the schedules and the watchers of reported changes. They run until `stop()`. */
  start(): void {
    if (this.hasStarted || this.stopping) return;
    this.hasStarted = true;
    this.startConnectors([...this.connectors.values()]);
  }

  /**
   * Replaces the connectors, and returns at once. A connector is unchanged if it is the same object as before: its schedule and its pulls
   * continue. The pulls of all other former connectors stop after their current page. If a path has a new connector, its schedule starts
   * when the pulls of the former one have ended, so no stream is pulled twice at the same time.
   */
  setConnectors(next: readonly SyncConnector[]): void {
    const nextByPath = new Map(next.map((connector) => [connector.path, connector]));
    for (const [path, connector] of [...this.connectors])
      if (nextByPath.get(path) !== connector) this.retireConnector(path);
    const added = next.filter(({ path }) => !this.connectors.has(path));
    for (const connector of added) {
      this.connectors.set(connector.path, connector);
      this.schedulers.set(connector.path, this.createSchedulers(connector));
    }
    if (this.hasStarted && !this.stopping) this.startConnectors(added);
  }

  hasConnector(path: string): boolean {
    return this.connectors.has(path);
  }

  private retireConnector(path: string): void {
    const watch = this.changeWatchers.get(path);
    watch?.watcher.stop();
    const ended = Promise.all([
      this.endingPulls.get(path),
      watch?.ended,
      ...(this.schedulers.get(path) ?? []).map((scheduler) => scheduler.stop()),
    ]);
    this.endingPulls.set(path, ended);
    void ended.then(() => {
      if (this.endingPulls.get(path) === ended) this.endingPulls.delete(path);
    });
    this.changeWatchers.delete(path);
    this.schedulers.delete(path);
    this.connectors.delete(path);
  }

  private startConnectors(connectors: readonly SyncConnector[]): void {
    const { limits } = this.context;
    const count = connectors.reduce((sum, { path }) => sum + (this.schedulers.get(path)?.length ?? 0), 0);
    const maxSpreadMs = limits.startSpacingMs * count;
    for (const connector of connectors) {
      const maxDelayMs = Math.min(connector.pullIntervalMs, maxSpreadMs);
      const start = () => this.startConnector(connector, maxDelayMs);
      const endingPulls = this.endingPulls.get(connector.path);
      if (endingPulls === undefined) start();
      else void endingPulls.then(start);
    }
  }

  private startConnector(connector: SyncConnector, maxDelayMs: number): void {
    // The connector may have been replaced while it waited for the end of the former pulls.
    if (this.stopping || this.connectors.get(connector.path) !== connector) return;
    for (const scheduler of this.schedulers.get(connector.path) ?? [])
      scheduler.start(this.context.random() * maxDelayMs);
    if (connector.client.watch) this.startChangeWatcher(connector);
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
    const watcher = new ReportedChangeWatcher(connector, this.context, (streams) => {
      if (this.connectors.get(connector.path) === connector) this.requestPull(connector.path, streams);
    });
    this.changeWatchers.set(connector.path, { watcher, ended: watcher.run() });
  }

  private async stopAll(): Promise<void> {
    const { clock, limits, logger } = this.context;
    this.retryRequests.stop();
    const watches = [...this.changeWatchers.values()];
    for (const { watcher } of watches) watcher.stop();
    const allStopped = Promise.all([
      ...watches.map(({ ended }) => ended),
      ...this.endingPulls.values(),
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
