/** Time as the HTTP core sees it: waits and expiries follow it, so that tests need not wait for them. */
import { setTimeout as wait } from 'node:timers/promises';

export interface HttpClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Ends after so many milliseconds. @throws the signal's reason when that comes first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Aborted when the deadline of a request has passed. Default: after so many milliseconds of real time. */
  deadline?(milliseconds: number): AbortSignal;
}

/** Token of an `HttpClock` that a test gives to a connector's module; without it the system's clock is used. */
export const HTTP_CLOCK = Symbol('HTTP_CLOCK');

export const systemHttpClock: HttpClock = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    signal?.throwIfAborted();
    await wait(milliseconds, undefined, signal ? { signal } : {}).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  },
};
