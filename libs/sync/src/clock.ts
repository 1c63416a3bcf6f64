/**
 * The clock and timers that this library uses. Tests replace them, so that schedules, timeouts and back-off run without waiting.
 */
export interface Clock {
  /** Returns the milliseconds since 1970. */
  now(): number;
  /** Calls `run` once after a delay in milliseconds. @returns a function that cancels the timer */
  after(delayMs: number, callback: () => void): () => void;
}

/** Maximum delay of `setTimeout`. Node fires a timer with a longer delay at once. */
const MAX_TIMER_DELAY_MS = 2 ** 31 - 1;

/** The clock and timers of Node. A negative delay counts as 0. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), MAX_TIMER_DELAY_MS));
    return () => clearTimeout(timer);
  },
};
