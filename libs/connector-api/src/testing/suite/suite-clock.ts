import type { HttpClock } from '../../http/http-clock.js';

const BEFORE_NOW = 60_000;

/**
 * The time of one check. Whoever waits moves it, and it stands still otherwise. It begins a minute ago, in a whole second, so that code
 * that asks the system instead does not take its past for the future.
 */
export class SuiteClock implements HttpClock {
  /** Real milliseconds for any deadline of the HTTP core while it is set. */
  shortDeadline: number | undefined;
  #now = Math.floor((Date.now() - BEFORE_NOW) / 1000) * 1000;

  now(): number {
    return this.#now;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#now += Math.max(0, milliseconds);
  }

  deadline(milliseconds: number): AbortSignal {
    return AbortSignal.timeout(this.shortDeadline ?? milliseconds);
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }
}
