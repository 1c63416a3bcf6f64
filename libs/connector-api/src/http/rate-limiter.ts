import type { HttpClock } from './http-clock.js';
import type { RateLimit } from './http-options.js';

/**
 * A sliding-window rate limiter: at most `requests` requests in any period of `intervalMs`, in the order of arrival. It stores the times of
 * the last `requests` requests. A token bucket would allow almost twice as many requests in the period after an idle time, and PSPs
 * count requests per period.
 */
export class RateLimiter {
  /** A ring buffer: the times (ms since 1970) at which the last requests were or will be sent. */
  private readonly sendTimes: number[];
  private nextIndex = 0;

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
    this.sendTimes = Array.from({ length: requests }, () => Number.NEGATIVE_INFINITY);
  }

  /**
   * Reserves the next possible time for a request, unless the delay until then would exceed `maxWaitMs`.
   * @returns the delay in milliseconds, and whether the time was reserved
   */
  reserve(maxWaitMs = Infinity): { granted: boolean; delayMs: number } {
    const now = this.clock.now();
    const sendAt = Math.max(now, (this.sendTimes[this.nextIndex] ?? now) + this.limit.intervalMs);
    if (sendAt - now > maxWaitMs) return { granted: false, delayMs: sendAt - now };
    this.sendTimes[this.nextIndex] = sendAt;
    this.nextIndex = (this.nextIndex + 1) % this.sendTimes.length;
    return { granted: true, delayMs: sendAt - now };
  }
}
