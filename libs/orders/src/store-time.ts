/**
 * A clock that follows the store's clock, which all gateways on the store share. Leases and deadlines of orders depend on it: a
 * gateway whose clock is ahead would take over an order that another one is sending, and would confirm a decline too early.
 */
import type { Store } from '@tributary/feed';
import type { Clock } from '@tributary/sync';

/** Interval in ms between two comparisons with the store's clock. A clock change is noticed within this time. */
const EVERY = 10_000;
/** A comparison that took longer than this time in ms is too inaccurate and is ignored. */
const SLOWEST = 1_000;

export class StoreTime implements Clock {
  /** Milliseconds by which the store's clock is ahead of this machine's clock. */
  private ahead = 0;
  private cancel = () => {};
  private stopped = false;

  private constructor(
    private readonly store: Store,
    private readonly clock: Clock,
  ) {}

  /**
   * Creates a clock and compares it once with the store's clock.
   * @param clock the clock of this machine
   * @throws StoreUnavailableError when the store cannot be reached
   */
  static async of(store: Store, clock: Clock): Promise<StoreTime> {
    const time = new StoreTime(store, clock);
    await time.compare(Infinity);
    return time;
  }

  now(): number {
    return this.clock.now() + this.ahead;
  }

  after(milliseconds: number, run: () => void): () => void {
    return this.clock.after(milliseconds, run);
  }

  /** Repeats the comparison at regular intervals until `stop()`. */
  start(): void {
    this.cancel = this.clock.after(EVERY, () => {
      // If the store cannot be reached, the last offset stays valid.
      void this.compare(SLOWEST)
        .catch(() => undefined)
        .then(() => {
          if (!this.stopped) this.start();
        });
    });
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
  }

  /** Measures the offset. Ignores a change that is smaller than the measurement error, so that the time does not jump back and forth. */
  private async compare(slowest: number): Promise<void> {
    const asked = this.clock.now();
    const time = await this.store.time();
    const took = this.clock.now() - asked;
    const ahead = Math.round(time - asked - took / 2);
    if (took >= 0 && took <= slowest && Math.abs(ahead - this.ahead) > took / 2 + 1) this.ahead = ahead;
  }
}
