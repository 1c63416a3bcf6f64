/**
 * The store's time, which all gateways that share it see alike. Orders are leased, given up and judged by time: a gateway whose
 * clock is ahead would take over what another one is just sending, and believe a refusal too early.
 */
import type { Store } from '@tributary/feed';
import type { Clock } from '@tributary/sync';

/** Between two questions: so long a clock that was set stays wrong. Milliseconds. */
const EVERY = 10_000;
/** An answer that took longer says too little. */
const SLOWEST = 1_000;

export class StoreTime implements Clock {
  /** Milliseconds by which the store is ahead of this machine. */
  private ahead = 0;
  private cancel = () => {};
  private stopped = false;

  private constructor(
    private readonly store: Store,
    private readonly clock: Clock,
  ) {}

  /** @param clock of this machine. @throws StoreUnavailableError */
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

  /** Compares again and again, until `stop()`. */
  start(): void {
    this.cancel = this.clock.after(EVERY, () => {
      // While the store is away the last comparison holds.
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

  /** Differences that are smaller than the error of the measurement are none: the time must not go to and fro. */
  private async compare(slowest: number): Promise<void> {
    const asked = this.clock.now();
    const time = await this.store.time();
    const took = this.clock.now() - asked;
    const ahead = Math.round(time - asked - took / 2);
    if (took >= 0 && took <= slowest && Math.abs(ahead - this.ahead) > took / 2 + 1) this.ahead = ahead;
  }
}
