/**
 * Schedules the pulls of one stream: periodically, on request, and with a growing delay after failures. At most one pull of the stream runs
 * at a time. The outcome of a pull determines the time of the next pull.
 */
import { calculateBackOffMs, addJitter } from './back-off.js';
import { PspError, type Stream } from '@tributary/connector-api';
import type { SyncRun } from '@tributary/feed';
import type { RunReporter } from '../reporting/run-reporter.js';
import type { StoredRowHashCheck } from '../verification/stored-row-hash-check.js';
import { StreamPull, type PullDependencies } from '../pulling/stream-pull.js';
import type { PullResult, PullOutcome, NextPullPlan, SyncProgress } from '../sync.types.js';

/**
 * The rate limit of the PSP for one connector. All streams of the connector share this state, because a PSP limits the client and not a
 * single listing.
 */
export interface ThrottleState {
  /** The time until which no stream of the connector is pulled, in milliseconds since 1970. */
  throttledUntil: number;
}

/**
 * The maximum time in ms that a requested pull waits after a failure. If the delay after the failure ends earlier, the pull starts earlier.
 */
const MAX_PULL_DELAY_AFTER_FAILURE_MS = 10_000;
/** The maximum jitter in ms after the end of a rate limit. It prevents all streams of the connector from starting at the same time. */
const MAX_THROTTLE_JITTER_MS = 500;
/**
 * Delay in ms until a deferred page is read again. A page is deferred because the PSP has not responded to an order yet, and these
 * responses take seconds.
 */
const DEFERRED_PAGE_RETRY_MS = 2_000;
/**
 * The maximum jitter in ms after the due time of a stream that several processes share. The jitter distributes the pulls over the
 * processes. It is short, so that another process soon does the pulls of a process that has failed.
 */
const MAX_DUE_JITTER_MS = 1_000;
/**
 * The part of the delay after a failure until the stream is due for other processes. They may try earlier, because the cause of the failure
 * may be in this process.
 */
const SHARED_DELAY_FACTOR = 0.8;
/** Interval in ms at which `runOnce` tries to get a lease that another process holds. */
const LEASE_RETRY_MS = 500;

/** Schedules the pulls of one stream of one connector. */
export class StreamScheduler {
  private cancelTimer: (() => void) | undefined;
  private wakeUpAt = Infinity;
  private nextPullAllowedAt = 0;
  private currentPull: { pull: StreamPull; ended: Promise<void> } | undefined;
  private isPullRequested = false;
  /**
   * True if the next pull ignores the stored due time. This is the case when a pull was requested, and at the start, because the settings
   * may have changed.
   */
  private isUrgent = false;
  private consecutiveFailures = 0;
  private isScheduled = false;
  private lastSuccessAt = 0;
  private stopLagTracking: (() => void) | undefined;

  constructor(
    private readonly dependencies: PullDependencies,
    private readonly throttle: ThrottleState,
    private readonly reporter: RunReporter,
    private readonly rowSampler: StoredRowHashCheck,
    private readonly onFailure: () => void = doNothing,
  ) {}

  get stream(): Stream {
    return this.dependencies.stream;
  }

  get connector(): string {
    return this.dependencies.connector.path;
  }

  /** True if the last pull failed and the scheduler now waits for the delay after this failure. */
  get isWaitingAfterFailure(): boolean {
    return this.consecutiveFailures > 0;
  }

  /**
   * Starts the schedule.
   * @param delayMs milliseconds until the first pull
   */
  start(delayMs: number): void {
    const { clock, metrics } = this.dependencies.context;
    this.isScheduled = true;
    this.lastSuccessAt = clock.now();
    this.stopLagTracking = metrics.trackLag({
      connector: this.connector,
      stream: this.stream,
      lastSuccess: () => this.correctLastSuccess(),
      now: () => clock.now(),
    });
    this.isUrgent = true;
    this.scheduleWakeUp(clock.now() + delayMs);
  }

  /**
   * Requests a pull soon. Several requests cause one pull. If a pull is running, another pull follows it, because the running pull may
   * already have read past the new data.
   */
  requestPull(): void {
    this.isUrgent = true;
    if (this.currentPull) this.isPullRequested = true;
    else this.scheduleWakeUp(this.requestedPullAt());
  }

  /**
   * Pulls the stream without waiting for the rest of the delay, because an operator reports that the cause of the failure is removed. If
   * the pull fails again, the delays start with the shortest delay. A rate limit of the PSP still applies.
   */
  retryNow(): void {
    this.consecutiveFailures = 0;
    this.nextPullAllowedAt = 0;
    this.requestPull();
  }

  /** Stops the schedule and waits until the current pull has ended. */
  async stop(): Promise<void> {
    this.isScheduled = false;
    this.cancelTimer?.();
    this.stopLagTracking?.();
    this.currentPull?.pull.stop();
    await this.currentPull?.ended;
  }

  /**
   * Pulls the stream once, now. If another process holds the lease of the feed, the pull waits for the end of the lease, but at most as
   * long as a lease can last.
   */
  async runOnce(onProgress?: (progress: SyncProgress) => void, signal?: AbortSignal): Promise<SyncRun> {
    const { clock, limits } = this.dependencies.context;
    const giveUpAt = clock.now() + limits.leaseTtlMs;
    for (;;) {
      while (this.currentPull) await this.currentPull.ended;
      const { run, outcome } = await this.startPull(true, onProgress, signal);
      if (outcome.kind !== 'busy' || clock.now() >= giveUpAt || signal?.aborted) return run;
      await new Promise<void>((resolve) => clock.after(LEASE_RETRY_MS, resolve));
    }
  }

  private scheduleWakeUp(at: number): void {
    if (!this.isScheduled || at >= this.wakeUpAt) return;
    const { clock } = this.dependencies.context;
    this.cancelTimer?.();
    this.wakeUpAt = at;
    this.cancelTimer = clock.after(at - clock.now(), () => this.wakeUp());
  }

  private wakeUp(): void {
    this.wakeUpAt = Infinity;
    const { clock, random } = this.dependencies.context;
    if (this.throttle.throttledUntil > clock.now())
      this.scheduleWakeUp(this.throttle.throttledUntil + random() * MAX_THROTTLE_JITTER_MS);
    else void this.startPull();
  }

  /** Runs one pull. While the pull is running, no timer is set. The next timer is set after the result of the pull was reported. */
  private async startPull(
    isSingleRun = false,
    onProgress?: (progress: SyncProgress) => void,
    signal?: AbortSignal,
  ): Promise<PullResult> {
    this.cancelTimer?.();
    this.wakeUpAt = Infinity;
    const isUrgent = this.isUrgent || isSingleRun;
    this.isUrgent = false;
    const pull = new StreamPull(this.dependencies, {
      onlyWhenDue: !isUrgent,
      planNextPull: (outcome) => this.planNextPull(outcome),
      onProgress,
    });
    const stop = () => pull.stop();
    signal?.addEventListener('abort', stop, { once: true });
    const result = this.pullAndReport(pull, isUrgent);
    this.currentPull = { pull, ended: result.then(doNothing, doNothing) };
    if (signal?.aborted) stop();
    return result.finally(() => signal?.removeEventListener('abort', stop));
  }

  private async pullAndReport(pull: StreamPull, isUrgent: boolean): Promise<PullResult> {
    let nextDelayMs: number | undefined;
    try {
      const result = await pull.execute();
      nextDelayMs = result.nextDelayMs;
      // The next pull is still urgent if the requested pull did not catch up.
      this.isUrgent ||= isUrgent && result.outcome.kind !== 'caught-up';
      await this.reporter.report(result, this.isScheduled ? nextDelayMs : undefined);
      if (result.outcome.kind === 'caught-up')
        await this.rowSampler.sampleAfterPull(this.connector, this.stream);
      return result;
    } finally {
      this.currentPull = undefined;
      this.scheduleNext(nextDelayMs);
    }
  }

  private scheduleNext(delayMs: number | undefined): void {
    const { clock, limits } = this.dependencies.context;
    this.scheduleWakeUp(clock.now() + (delayMs ?? limits.maxBackOffMs));
    if (!this.isPullRequested) return;
    this.isPullRequested = false;
    this.requestPull();
  }

  private planNextPull(outcome: PullOutcome): NextPullPlan {
    const { connector, context } = this.dependencies;
    const { clock, limits, random } = context;
    switch (outcome.kind) {
      case 'caught-up':
        this.recordSuccess(clock.now());
        return {
          delayMs: addJitter(connector.pullIntervalMs, random),
          sharedSchedule: { dueInMs: addJitter(connector.pullIntervalMs, () => 0), hasCaughtUp: true },
        };
      case 'rested': {
        this.dependencies.completeness?.reporter.clear();
        if (outcome.sinceCaughtUpMs !== undefined) this.recordSuccess(clock.now() - outcome.sinceCaughtUpMs);
        return {
          delayMs: outcome.dueInMs + random() * Math.min(connector.pullIntervalMs / 10, MAX_DUE_JITTER_MS),
        };
      }
      case 'busy':
      case 'lost':
        return { delayMs: addJitter(Math.min(connector.pullIntervalMs, limits.leaseTtlMs), random) };
      case 'held':
        return { delayMs: addJitter(Math.min(connector.pullIntervalMs, DEFERRED_PAGE_RETRY_MS), random) };
      case 'failed': {
        const delayMs = calculateBackOffMs(outcome.error, ++this.consecutiveFailures, context);
        if (this.isScheduled) this.onFailure();
        return this.planAfterFailure(outcome.error, delayMs);
      }
      case 'stopped':
        return { delayMs: addJitter(connector.pullIntervalMs, random) };
    }
  }

  /**
   * Returns the time of the last success. The time is in the future if the clock was set back. Then it is replaced by the present time,
   * because a negative lag would prevent the alert.
   */
  private correctLastSuccess(): number {
    this.lastSuccessAt = Math.min(this.lastSuccessAt, this.dependencies.context.clock.now());
    return this.lastSuccessAt;
  }

  /** Records a successful pull by this process or by another one. */
  private recordSuccess(at: number): void {
    if (at < this.correctLastSuccess()) return;
    this.lastSuccessAt = at;
    this.consecutiveFailures = 0;
  }

  private planAfterFailure(error: Error, delayMs: number): NextPullPlan {
    const now = this.dependencies.context.clock.now();
    const kind = error instanceof PspError ? error.kind : undefined;
    if (kind === 'rate-limited') {
      this.throttle.throttledUntil = Math.max(this.throttle.throttledUntil, now + delayMs);
      // After the rate limit ends, the connector's other streams are pulled first, because this stream may cause the next rate limit at
      // once.
      this.nextPullAllowedAt = now + delayMs + MAX_THROTTLE_JITTER_MS;
      return {
        delayMs: delayMs + MAX_THROTTLE_JITTER_MS,
        sharedSchedule: { dueInMs: delayMs, hasCaughtUp: false },
      };
    }
    if (kind === 'unauthorized') {
      if (this.isScheduled) this.dependencies.context.onUnauthorized(this.connector);
      this.nextPullAllowedAt = now + delayMs;
      // The due time in the store does not change. Other processes have their own deployment files, and the credentials there may be valid.
      return { delayMs };
    }
    this.nextPullAllowedAt = now + Math.min(delayMs, MAX_PULL_DELAY_AFTER_FAILURE_MS);
    return {
      delayMs,
      sharedSchedule: { dueInMs: delayMs * SHARED_DELAY_FACTOR, hasCaughtUp: false },
    };
  }

  private requestedPullAt(): number {
    const { clock, limits } = this.dependencies.context;
    return Math.max(clock.now() + limits.pullDelayMs, this.nextPullAllowedAt);
  }
}

function doNothing(): void {}
