import type { HttpClock } from './http-clock.js';
import type { RateLimit } from './http-options.js';

/**
 * A sliding-window rate limiter: at most `requests` requests in any period of `intervalMs`, in the order of arrival. It stores the times of
 * the last `requests` requests. A token bucket would allow almost twice as many requests in the period after an idle time, and PSPs
 * count requests per period.
 */
export class RateLimiter {
  /** A ring buffer: the times (ms since 1970) at which the last requests were or will be sent. */
  private readonly times: number[];
  private next = 0;

  constructor(
    private readonly limit: RateLimit,
    private readonly clock: HttpClock,
  ) {
    const { requests, per } = limit;
    if (!Number.isInteger(requests) || requests < 1 || !(per > 0)) {
      throw new Error(`a rate limit of ${requests} requests per ${per} ms is none: both must be positive`);
    }
    this.times = Array.from({ length: requests }, () => Number.NEGATIVE_INFINITY);
  }

  /**
   * Reserves the next possible time for a request, unless the delay until then would exceed `maxWaitMs`.
   * @returns the delay in milliseconds, and whether the time was reserved
   */
  turn(longest = Infinity): { granted: boolean; in: number } {
    const now = this.clock.now();
    const turn = Math.max(now, (this.times[this.next] ?? now) + this.limit.per);
    if (turn - now > longest) return { granted: false, in: turn - now };
    this.times[this.next] = turn;
    this.next = (this.next + 1) % this.times.length;
    return { granted: true, in: turn - now };
  }
}
