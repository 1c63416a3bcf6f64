/** Time as sync sees it: one seam, so that schedules, deadlines and back-off are tested without waiting for them. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs it once, `milliseconds` from now. @returns what cancels it. */
  after(milliseconds: number, run: () => void): () => void;
}

/** What a timer can hold; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, run) => {
    const timer = setTimeout(run, Math.min(Math.max(milliseconds, 0), LONGEST));
    return () => clearTimeout(timer);
  },
};
