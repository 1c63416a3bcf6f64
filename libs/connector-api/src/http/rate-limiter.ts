import type { HttpClock } from './http-clock.js';
import type { RateLimit } from './http-options.js';

/**
 * Never more than `requests` in any span of `per` milliseconds, first come, first served. It keeps the times of the last `requests`
 * requests: a bucket that refills evenly would let nearly twice as many through in the span after a pause, and PSPs count spans.
 */
export class RateLimiter {
  /** When the requests of one span went out, or will; a ring. */
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

  /** Milliseconds until the request's turn. It is granted, and taken, unless it comes later than in `longest`. */
  turn(longest = Infinity): { granted: boolean; in: number } {
    const now = this.clock.now();
    const turn = Math.max(now, (this.times[this.next] ?? now) + this.limit.per);
    if (turn - now > longest) return { granted: false, in: turn - now };
    this.times[this.next] = turn;
    this.next = (this.next + 1) % this.times.length;
    return { granted: true, in: turn - now };
  }
}
