/**
 * Finds the requests of operators (`tributary connectors retry`) to pull streams that wait after a failure. The requests are in the store,
 * so that every gateway finds them.
 */
import type { RequestedPull, Store } from '@tributary/feed';
import type { SyncContext } from '../sync-context.js';
import type { StreamScheduler } from './stream-scheduler.js';

/** Time in ms between two queries for requests. */
const POLL_INTERVAL_MS = 5_000;

export class RetryRequestWatcher {
  private readonly handled = new Map<string, number>();
  private cancelTimer: (() => void) | undefined;
  private isStopped = false;

  constructor(
    private readonly store: Store,
    private readonly context: SyncContext,
    private readonly schedulers: ReadonlyMap<string, readonly StreamScheduler[]>,
  ) {}

  /** Queries the store until no stream waits after a failure. If no stream has failed, there are no queries. */
  start(): void {
    if (this.isStopped || this.cancelTimer) return;
    this.cancelTimer = this.context.clock.after(POLL_INTERVAL_MS, () => void this.poll());
  }

  stop(): void {
    this.isStopped = true;
    this.cancelTimer?.();
  }

  private async poll(): Promise<void> {
    try {
      for (const request of await this.store.findRequestedPulls()) this.handle(request);
    } catch (error) {
      // The error is logged only at the level debug, because the streams also fail and log an error while the store is unavailable. The
      // next query finds the operator's request.
      this.context.logger.debug({ err: error }, 'requests for retries could not be read');
    }
    this.cancelTimer = undefined;
    if ([...this.schedulers.values()].flat().some((scheduler) => scheduler.isWaitingAfterFailure))
      this.start();
  }

  private handle({ connector, stream, requestedAt }: RequestedPull): void {
    const scheduler = this.schedulers.get(connector)?.find((each) => each.stream === stream);
    const key = `${connector} ${stream}`;
    if (!scheduler?.isWaitingAfterFailure || this.handled.get(key) === requestedAt) return;
    this.handled.set(key, requestedAt);
    this.context.logger.info({ connector, stream }, 'an operator requested a retry');
    scheduler.retryNow();
  }
}
