/** When a stream is pulled: on its schedule, when somebody asks for it, and later after a failure. One pull at a time. */
import { backOff, jittered } from './back-off.js';
import { PspError, type Stream } from '@tributary/connector-api';
import type { SyncRun } from '@tributary/feed';
import type { Reporter } from './report.js';
import { StreamRun, type RunSetting } from './stream-run.js';
import type { FinishedRun, Outcome, Plan, SyncProgress } from './sync.types.js';

/** Shared by the streams of a connector: a PSP limits its client, not a listing. */
export interface Gate {
  /** Milliseconds since 1970. */
  closedUntil: number;
}

/** How long a request to pull waits at least after a failure. */
const CALM_AFTER_FAILURE = 10_000;
/** Within so long after a rate limit the streams of the connector come back. */
const GATE_JITTER = 500;
/** Until a page that was held is read again; the answers that it waits for take seconds. */
const HELD_RETRY = 2_000;
/** Those who share a stream look at it within so long after it is due: each has its turn, and another's place is soon taken. */
const RESTED_SPREAD = 1_000;
/** After a failure others may try earlier than whoever failed: the fault may be on its side. */
const OTHERS_FIRST = 0.8;
/** How often a single run asks for a lease that another process has. */
const BUSY_RETRY = 500;

export class StreamTask {
  private cancel: (() => void) | undefined;
  private due = Infinity;
  private calmUntil = 0;
  private running: { run: StreamRun; ended: Promise<void> } | undefined;
  private requested = false;
  /** Somebody knows that there is something to pull, or our settings may be new: whether the stream is due does not matter. */
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

  /** @param delay milliseconds until the first pull */
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

  /** Soon; many requests are one pull. A request that comes during a pull may be about what that pull has passed already. */
  pull(): void {
    this.urgent = true;
    if (this.running) this.requested = true;
    else this.wakeAt(this.soon());
  }

  /** @returns when the pull in hand has ended. */
  async stop(): Promise<void> {
    this.scheduled = false;
    this.cancel?.();
    this.endLag?.();
    this.running?.run.stop();
    await this.running?.ended;
  }

  /** One pull now. Waits for another process that is pulling the stream, but not longer than a dead one can block it. */
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

  /** No timer is set while a pull is running: the next one is set when everything about this one is done. */
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
      // What was known to be there has not been pulled yet.
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

  /** Here or in another process. */
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
      // The connector's other streams go first when the gate opens: this one may close it again at once.
      this.calmUntil = now + delay + GATE_JITTER;
      return { next: delay + GATE_JITTER, shared: { dueIn: delay, caughtUp: false } };
    }
    if (kind === 'unauthorized') {
      this.calmUntil = now + delay;
      // The others have deployment files of their own, which may be right.
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
