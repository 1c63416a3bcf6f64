import type { HttpClock } from './http-clock.js';
import type { RateLimit } from './http-options.js';

/** Permission to send one request. */
export interface RateLimitPermit {
  /** Must be called when the request has ended, with a response or with a failure. */
  release(): void;
}

/** The refusal of a request, because the limit would not allow the request soon enough. */
export interface PermitRefusal {
  /** The minimum delay in milliseconds until a request can be allowed. */
  retryAfterMs: number;
}

/**
 * A sliding-window rate limiter: it allows at most `requests` requests in any period of `intervalMs`, in the order in which they ask. PSPs
 * count requests per period. A token bucket would allow almost twice as many requests in the period after an idle time.
 *
 * The PSP counts a request when it arrives, which is some time after it was sent. Therefore the interval of a request begins at the end of
 * the request, because the request has certainly arrived by then. If the interval began when the request was sent, a slow request and a
 * fast request after it could arrive too close together. A PSP that allows 60 requests a minute would then count 62.
 */
export class RateLimiter {
  /**
   * The times after which completed requests no longer count towards the limit, in ascending order. The array has no times for running
   * requests.
   */
  private readonly expiryTimes: number[];
  /** Callbacks of the waiting requests, oldest first. A callback is called when its request becomes the first in the queue. */
  private readonly waiting: (() => void)[] = [];
  private notifyRelease = () => {};

  constructor(
    private readonly limit: RateLimit,
    private readonly clock: HttpClock,
  ) {
    const { requests, intervalMs } = limit;
    if (!Number.isInteger(requests) || requests < 1 || !(intervalMs > 0)) {
      throw new Error(
        `a rate limit of ${requests} requests per ${intervalMs} ms is none: both must be positive`,
      );
    }
    this.expiryTimes = Array.from({ length: requests }, () => Number.NEGATIVE_INFINITY);
  }

  /**
   * Waits until the limit allows a request.
   * @param maxWaitMs the maximum wait in milliseconds
   * @param signal cancels the wait
   * @returns a refusal if the request would have to wait longer than `maxWaitMs`. If the earlier requests are still running, the wait is
   * not known in advance, and the refusal comes after `maxWaitMs`
   * @throws the reason of `signal` if the signal is aborted first
   */
  async acquire(maxWaitMs: number, signal: AbortSignal): Promise<RateLimitPermit | PermitRefusal> {
    const deadline = this.now() + maxWaitMs;
    if (this.estimateStart(this.waiting.length) > deadline) return this.createRefusal(this.waiting.length);
    const turn = this.enterQueue();
    try {
      const isAllowed = (await turn.wait(deadline, signal)) && (await this.takeTurn(deadline, signal));
      return isAllowed ? this.createPermit() : this.createRefusal(0);
    } finally {
      turn.leave();
    }
  }

  private createPermit(): RateLimitPermit {
    return { release: () => this.addExpiry(this.now() + this.limit.intervalMs) };
  }

  /**
   * Creates the refusal of a request.
   * @param position the number of requests that wait before this request
   */
  private createRefusal(position: number): PermitRefusal {
    return { retryAfterMs: Math.max(1, this.estimateStart(position) - this.now()) };
  }

  /** Returns the earliest time at which a request can be sent. The time is exact only if no request is running. */
  private estimateStart(position: number): number {
    const { requests, intervalMs } = this.limit;
    const rounds = Math.floor(position / requests);
    const first = this.expiryTimes[position % requests] ?? this.now() + intervalMs;
    return Math.max(first, this.now()) + rounds * intervalMs;
  }

  private enterQueue() {
    let start = () => {};
    const isFirst = this.waiting.length === 0;
    const started = new Promise<void>((resolve) => (start = resolve));
    this.waiting.push(start);
    return {
      wait: (deadline: number, signal: AbortSignal) =>
        isFirst ? Promise.resolve(true) : this.waitUntil(started, deadline, signal),
      leave: () => {
        this.waiting.splice(this.waiting.indexOf(start), 1);
        this.waiting[0]?.();
      },
    };
  }

  /**
   * Waits until an earlier request no longer counts towards the limit, and removes it from the count.
   * @returns false if the deadline is earlier
   */
  private async takeTurn(deadline: number, signal: AbortSignal): Promise<boolean> {
    while (this.expiryTimes.length === 0) {
      const released = new Promise<void>((resolve) => (this.notifyRelease = resolve));
      if (!(await this.waitUntil(released, deadline, signal))) return false;
    }
    const [expiry = 0] = this.expiryTimes;
    if (expiry > deadline) return false;
    // A timer can fire up to one millisecond too early, so the loop checks the time again.
    for (let delayMs = expiry - this.now(); delayMs > 0; delayMs = expiry - this.now()) {
      await this.clock.sleep(Math.ceil(delayMs), signal);
    }
    this.expiryTimes.shift();
    return true;
  }

  private addExpiry(time: number): void {
    this.expiryTimes.push(time);
    this.notifyRelease();
  }

  /**
   * Waits for a promise.
   * @returns false if the promise is not fulfilled before the deadline
   * @throws the reason of the signal
   */
  private async waitUntil(done: Promise<void>, deadline: number, signal: AbortSignal): Promise<boolean> {
    const waiting = new AbortController();
    const aborted = new Promise<never>((_resolve, reject) => {
      const abort = () => reject(signal.reason as Error);
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true, signal: waiting.signal });
    });
    try {
      return await Promise.race([
        done.then(() => true),
        aborted,
        ...(Number.isFinite(deadline) ? [this.sleepUntil(deadline, waiting.signal).then(() => false)] : []),
      ]);
    } finally {
      waiting.abort();
    }
  }

  /** Waits until a time. The function also returns when the signal is aborted. */
  private async sleepUntil(time: number, signal: AbortSignal): Promise<void> {
    await this.clock.sleep(Math.max(0, time - this.now()), signal).catch(() => undefined);
  }

  /** Returns the time of a monotonic clock. The wall clock is not suitable, because it can be set forward in the middle of a period. */
  private now(): number {
    return this.clock.monotonicNow?.() ?? this.clock.now();
  }
}
