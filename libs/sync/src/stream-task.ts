/**
 * Schedules the pulls of one stream: periodically, on request, and with a back-off after a failure. At most one pull runs at a time.
 * At the end of a pull its outcome determines the time of the next one.
 */
import { backOff, jittered } from './back-off.js';
import { PspError, type Stream } from '@tributary/connector-api';
import type { SyncRun } from '@tributary/feed';
import type { Reporter } from './report.js';
import { StreamRun, type RunSetting } from './stream-run.js';
import type { FinishedRun, Outcome, Plan, SyncProgress } from './sync.types.js';

/** Throttling by the PSP. All streams of a connector share it, because a PSP limits the client and not one listing. */
export interface Gate {
  /** Time until which no stream of the connector is pulled, in milliseconds since 1970. */
  closedUntil: number;
}

/** After a failure a requested pull waits for the back-off delay, but at most for this time. */
const CALM_AFTER_FAILURE = 10_000;
/** Maximum jitter after the end of a rate limit, so that the streams of the connector do not start at the same time. */
const GATE_JITTER = 500;
/** Delay until a deferred page is read again. The responses that it waits for take seconds. */
const HELD_RETRY = 2_000;
/**
 * Maximum jitter after the due time of a stream that several processes share. It distributes the pulls, and another process soon
 * replaces a failed one.
 */
const RESTED_SPREAD = 1_000;
/**
 * Factor for the shared due time after a failure. Other processes may try earlier, because the cause may be in the failed
 * process.
 */
const OTHERS_FIRST = 0.8;
/** Interval at which a single run tries to get a lease that another process holds. */
const BUSY_RETRY = 500;

/** Schedules the pulls of one stream of one connector. */
export class StreamTask {
  private cancel: (() => void) | undefined;
  private due = Infinity;
  private calmUntil = 0;
  private running: { run: StreamRun; ended: Promise<void> } | undefined;
  private requested = false;
  /**
   * Whether the next pull ignores the due time. It is set when a pull was requested, and at the start because the settings may
   * have changed.
   */
  private urgent = false;
  private failures = 0;
  private scheduled = false;
  private lastSuccess = 0;
  private endLag: (() => void) | undefined;

  constructor(
    private readonly setting: RunSetting,
    private readonly gate: Gate,
    private readonly reporter: Reporter,
  ) {}

  get stream(): Stream {
    return this.setting.stream;
  }

  get connector(): string {
    return this.setting.connector.path;
  }

  /** Starts the schedule. @param delay milliseconds until the first pull */
  start(delay: number): void {
    const { clock, metrics } = this.setting.context;
    this.scheduled = true;
    this.lastSuccess = clock.now();
    this.endLag = metrics.watchLag({
      connector: this.connector,
      stream: this.stream,
      lastSuccess: () => this.lastSuccess,
      now: () => clock.now(),
    });
    this.urgent = true;
    this.wakeAt(clock.now() + delay);
  }

  /**
   * Requests a pull soon. Several requests cause one pull. A request during a pull causes another one, because the current pull
   * may have passed the new data already.
   */
  pull(): void {
    this.urgent = true;
    if (this.running) this.requested = true;
    else this.wakeAt(this.soon());
  }

  /** Stops the schedule and waits until the current pull has ended. */
  async stop(): Promise<void> {
    this.scheduled = false;
    this.cancel?.();
    this.endLag?.();
    this.running?.run.stop();
    await this.running?.ended;
  }

  /** Pulls the stream once, now. If another process holds the lease, it waits at most for the lifetime of a lease. */
  async once(onProgress?: (progress: SyncProgress) => void, signal?: AbortSignal): Promise<SyncRun> {
    const { clock, limits } = this.setting.context;
    const patience = clock.now() + limits.leaseTtl;
    for (;;) {
      while (this.running) await this.running.ended;
      const { run, outcome } = await this.execute(true, onProgress, signal);
      if (outcome.kind !== 'busy' || clock.now() >= patience || signal?.aborted) return run;
      await new Promise<void>((resolve) => clock.after(BUSY_RETRY, resolve));
    }
  }

  private wakeAt(at: number): void {
    if (!this.scheduled || at >= this.due) return;
    const { clock } = this.setting.context;
    this.cancel?.();
    this.due = at;
    this.cancel = clock.after(at - clock.now(), () => this.wake());
  }

  private wake(): void {
    this.due = Infinity;
    const { clock, random } = this.setting.context;
    if (this.gate.closedUntil > clock.now()) this.wakeAt(this.gate.closedUntil + random() * GATE_JITTER);
    else void this.execute();
  }

  /** Runs one pull. No timer is set while it runs. The next timer is set after the pull was reported. */
  private async execute(
    onlyOnce = false,
    onProgress?: (progress: SyncProgress) => void,
    signal?: AbortSignal,
  ): Promise<FinishedRun> {
    this.cancel?.();
    this.due = Infinity;
    const urgent = this.urgent || onlyOnce;
    this.urgent = false;
    const run = new StreamRun(this.setting, {
      whenDue: !urgent,
      plan: (outcome) => this.plan(outcome),
      onProgress,
    });
    const stop = () => run.stop();
    signal?.addEventListener('abort', stop, { once: true });
    const finished = this.complete(run, urgent);
    this.running = { run, ended: finished.then(ignore, ignore) };
    if (signal?.aborted) stop();
    return finished.finally(() => signal?.removeEventListener('abort', stop));
  }

  private async complete(run: StreamRun, urgent: boolean): Promise<FinishedRun> {
    let next: number | undefined;
    try {
      const finished = await run.execute();
      next = finished.next;
      // Keep the urgent flag: the requested pull did not catch up.
      this.urgent ||= urgent && finished.outcome.kind !== 'caught-up';
      await this.reporter.report(finished, this.scheduled ? next : undefined);
      return finished;
    } finally {
      this.running = undefined;
      this.settleNext(next);
    }
  }

  private settleNext(delay: number | undefined): void {
    const { clock, limits } = this.setting.context;
    this.wakeAt(clock.now() + (delay ?? limits.longestBackOff));
    if (!this.requested) return;
    this.requested = false;
    this.pull();
  }

  private plan(outcome: Outcome): Plan {
    const { connector, context } = this.setting;
    const { clock, limits, random } = context;
    switch (outcome.kind) {
      case 'caught-up':
        this.succeeded(clock.now());
        return {
          next: jittered(connector.every, random),
          shared: { dueIn: jittered(connector.every, () => 0), caughtUp: true },
        };
      case 'rested': {
        if (outcome.caughtUpAgo !== undefined) this.succeeded(clock.now() - outcome.caughtUpAgo);
        return { next: outcome.dueIn + random() * Math.min(connector.every / 10, RESTED_SPREAD) };
      }
      case 'busy':
      case 'lost':
        return { next: jittered(Math.min(connector.every, limits.leaseTtl), random) };
      case 'held':
        return { next: jittered(Math.min(connector.every, HELD_RETRY), random) };
      case 'failed':
        return this.calmDown(outcome.error, backOff(outcome.error, ++this.failures, context));
      case 'stopped':
        return { next: jittered(connector.every, random) };
    }
  }

  /** Records a successful pull of this or another process. */
  private succeeded(at: number): void {
    if (at < this.lastSuccess) return;
    this.lastSuccess = at;
    this.failures = 0;
  }

  private calmDown(error: Error, delay: number): Plan {
    const now = this.setting.context.clock.now();
    const kind = error instanceof PspError ? error.kind : undefined;
    if (kind === 'rate-limited') {
      this.gate.closedUntil = Math.max(this.gate.closedUntil, now + delay);
      // The connector's other streams are pulled first after the throttling: this stream may cause the next rate limit at once.
      this.calmUntil = now + delay + GATE_JITTER;
      return { next: delay + GATE_JITTER, shared: { dueIn: delay, caughtUp: false } };
    }
    if (kind === 'unauthorized') {
      this.calmUntil = now + delay;
      // The shared due time does not change: other processes have their own deployment files, whose credentials may be valid.
      return { next: delay };
    }
    this.calmUntil = now + Math.min(delay, CALM_AFTER_FAILURE);
    return { next: delay, shared: { dueIn: delay * OTHERS_FIRST, caughtUp: false } };
  }

  private soon(): number {
    const { clock, limits } = this.setting.context;
    return Math.max(clock.now() + limits.pullDelay, this.calmUntil);
  }
}

function ignore(): void {}
