import type { HttpClock } from '../../http/http-clock.js';

const START_OFFSET_MS = 60_000;

/**
 * The clock of one check. Its time changes only by `sleep` and `advance`. It starts one minute before the system time, at a whole second.
 * If code wrongly uses the system time, it therefore sees no times in the future.
 */
export class ManualClock implements HttpClock {
  /** A timeout in ms for all requests of the HTTP client. It is real time, and overrides the client's own timeout while it is set. */
  timeoutOverrideMs: number | undefined;
  #now = Math.floor((Date.now() - START_OFFSET_MS) / 1000) * 1000;

  now(): number {
    return this.#now;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#now += Math.max(0, milliseconds);
  }

  timeoutSignal(milliseconds: number): AbortSignal {
    return AbortSignal.timeout(this.timeoutOverrideMs ?? milliseconds);
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }
}
