/**
 * The clock and the timers that this library uses. Tests replace them, so that schedules, timeouts and retry delays run without real
 * waiting.
 */
export interface Clock {
  /** Returns the milliseconds since 1970. */
  now(): number;
  /**
   * Calls `callback` once after a delay in milliseconds.
   * @returns a function that cancels the timer
   */
  after(delayMs: number, callback: () => void): () => void;
}

/**
 * The maximum delay of `setTimeout`, in milliseconds. Node would fire a timer with a longer delay at once, so a longer delay is reduced to
 * this value.
 */
const MAX_TIMER_DELAY_MS = 2 ** 31 - 1;

/** The real clock and timers. A negative delay is treated as 0. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), MAX_TIMER_DELAY_MS));
    return () => clearTimeout(timer);
  },
};
