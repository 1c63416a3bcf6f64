/** The clock of the relative times, e.g. `5 s ago`. All relative times of the page share one timer, which runs only while there are some. */

/** Time in ms after which relative times are calculated again. */
const CLOCK_INTERVAL_MS = 1000;

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

/** Returns the time of the last tick. While no relative time is shown there are no ticks, and an old time is replaced. */
export function readClock(): number {
  if (timer === undefined && Date.now() - now >= CLOCK_INTERVAL_MS) now = Date.now();
  return now;
}

/**
 * Calls the listener at regular intervals.
 * @returns a function that ends the calls
 */
export function subscribeToClock(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, CLOCK_INTERVAL_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
