/** The clock of the HTTP client, for delays and for the expiry of tokens. Tests replace it, so that they need no real delays. */
import { setTimeout as wait } from 'node:timers/promises';

export interface HttpClock {
  /** Returns the current time in milliseconds since 1970. */
  now(): number;
  /** Returns the milliseconds of a clock that never moves backwards. Default: `now`. */
  monotonicNow?(): number;
  /**
   * Resolves after the given time.
   * @throws the reason of `signal` if the signal is aborted first
   */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Returns a signal that is aborted when the timeout of a request has passed. Default: `AbortSignal.timeout`, i.e. real time. */
  timeoutSignal?(timeoutMs: number): AbortSignal;
}

/** The injection token of an `HttpClock`. Only tests provide a clock; otherwise the system clock is used. */
export const HTTP_CLOCK = Symbol('HTTP_CLOCK');

/** The system clock with real delays. */
export const systemHttpClock: HttpClock = {
  now: () => Date.now(),
  monotonicNow: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    signal?.throwIfAborted();
    await wait(milliseconds, undefined, signal ? { signal } : {}).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  },
};

/** Returns a signal that is aborted when the timeout has passed on the clock. */
export function createTimeoutSignal(clock: HttpClock, timeoutMs: number): AbortSignal {
  return clock.timeoutSignal?.(timeoutMs) ?? AbortSignal.timeout(timeoutMs);
}
