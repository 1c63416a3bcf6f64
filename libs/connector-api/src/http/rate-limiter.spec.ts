/** Tests the rate limit. The tests count requests at the time when they arrive at the PSP, as a PSP does. */
import { setImmediate as flushPromises } from 'node:timers/promises';
import type { HttpClock } from './http-clock.js';
import { RateLimiter, type RateLimitPermit, type PermitRefusal } from './rate-limiter.js';
import { createSeededRandom } from '../testing/seeded-random.js';

/** A clock whose time passes only in `run`. `run` sets the time from one timer to the next. */
class EventClock implements HttpClock {
  private time = 0;
  private readonly timers = new Set<{ at: number; fire: () => void }>();

  now(): number {
    return this.time;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = { at: this.time + milliseconds, fire: resolve };
      this.timers.add(timer);
      signal?.addEventListener('abort', () => {
        this.timers.delete(timer);
        reject(signal.reason as Error);
      });
    });
  }

  /** Advances the time until no timer is left. */
  async run(): Promise<void> {
    for (;;) {
      await flushPromises();
      const [next] = [...this.timers].sort((a, b) => a.at - b.at);
      if (next === undefined) return;
      this.timers.delete(next);
      this.time = next.at;
      next.fire();
    }
  }
}

const NEVER = new AbortController().signal;
const ONE_MINUTE_MS = 60_000;

let clock: EventClock;

beforeEach(() => {
  clock = new EventClock();
});

function requirePermit(acquired: RateLimitPermit | PermitRefusal): RateLimitPermit {
  if ('release' in acquired) return acquired;
  throw new Error(`refused for ${acquired.retryAfterMs} ms`);
}

/** Returns the largest number of arrivals in any period with the length of the interval. */
function countLargestWindow(arrivals: readonly number[], intervalMs: number): number {
  const sorted = [...arrivals].sort((a, b) => a - b);
  return Math.max(
    ...sorted.map((start) => sorted.filter((at) => at >= start && at < start + intervalMs).length),
  );
}

describe('the rate limit', () => {
  it.each([
    [60, ONE_MINUTE_MS],
    [10, 10_000],
    [1, 100],
  ])(
    '%i requests in %i ms are never exceeded at the PSP, although requests travel for different times',
    async (requests, intervalMs) => {
      const limiter = new RateLimiter({ requests, intervalMs }, clock);
      const random = createSeededRandom(7);
      const arrivals: number[] = [];
      const send = async () => {
        const permit = requirePermit(await limiter.acquire(Infinity, NEVER));
        await clock.sleep(1 + random() * 900);
        arrivals.push(clock.now());
        await clock.sleep(random() * 100);
        permit.release();
      };
      for (let count = 0; count < 5 * requests; count++) void send();
      await clock.run();
      expect(arrivals).toHaveLength(5 * requests);
      expect(countLargestWindow(arrivals, intervalMs)).toBe(requests);
      // An interval begins only when a request has ended. This costs at most the duration of one request per interval.
      expect(Math.max(...arrivals)).toBeLessThanOrEqual(5 * (intervalMs + 1001));
    },
  );

  it('a request that was cancelled while it waited does not use the limit', async () => {
    const limiter = new RateLimiter({ requests: 1, intervalMs: 1000 }, clock);
    const first = requirePermit(await limiter.acquire(Infinity, NEVER));
    const cancelled = new AbortController();
    const second = limiter.acquire(Infinity, cancelled.signal);
    const third = limiter.acquire(Infinity, NEVER).then(() => clock.now());
    cancelled.abort(new Error('cancelled'));
    await expect(second).rejects.toThrow('cancelled');
    first.release();
    await clock.run();
    expect(await third).toBe(1000);
  });

  it('a request that may not wait long is refused at once, or when a running request does not end', async () => {
    const limiter = new RateLimiter({ requests: 1, intervalMs: 1000 }, clock);
    requirePermit(await limiter.acquire(Infinity, NEVER));
    expect(await limiter.acquire(500, NEVER)).toEqual({ retryAfterMs: 1000 });
    const refusal = limiter.acquire(5000, NEVER).then((acquired) => ({ acquired, at: clock.now() }));
    await clock.run();
    expect(await refusal).toEqual({ acquired: { retryAfterMs: expect.any(Number) as number }, at: 5000 });
  });

  it('a request that hangs uses its own part of the limit only, and others go on in their order', async () => {
    const limiter = new RateLimiter({ requests: 2, intervalMs: 1000 }, clock);
    requirePermit(await limiter.acquire(Infinity, NEVER));
    const sent: [number, number][] = [];
    for (let number = 0; number < 4; number++) {
      void limiter.acquire(10_000, NEVER).then((acquired) => {
        sent.push([number, clock.now()]);
        requirePermit(acquired).release();
      });
    }
    await clock.run();
    expect(sent).toEqual([
      [0, 0],
      [1, 1000],
      [2, 2000],
      [3, 3000],
    ]);
  });
});
