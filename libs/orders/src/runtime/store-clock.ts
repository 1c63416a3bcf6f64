/**
 * A clock that follows the clock of the store, which all gateways share. Leases and deadlines of orders depend on this clock. If each
 * gateway used its own clock, a gateway whose clock is ahead would take over an order that another gateway is sending. It would also treat
 * a declined order as failed too early.
 */
import type { Store } from '@tributary/feed';
import type { Clock } from '@tributary/sync';

/** Interval in ms between two comparisons with the store's clock. A change of that clock is noticed within this time. */
const COMPARE_INTERVAL_MS = 10_000;
/** The maximum duration in ms of a comparison. The result of a slower comparison is ignored, because it is too inaccurate. */
const MAX_ROUND_TRIP_MS = 1_000;

export class StoreClock implements Clock {
  /** Milliseconds by which the store's clock is ahead of this machine's clock. */
  private offsetMs = 0;
  private cancelTimer = () => {};
  private isStopped = false;

  private constructor(
    private readonly store: Store,
    private readonly localClock: Clock,
  ) {}

  /**
   * Creates a clock, and compares it once with the store's clock.
   * @param localClock the clock of this machine
   * @throws StoreUnavailableError when the store cannot be reached
   */
  static async create(store: Store, localClock: Clock): Promise<StoreClock> {
    const storeClock = new StoreClock(store, localClock);
    await storeClock.measureOffset(Infinity);
    return storeClock;
  }

  now(): number {
    return this.localClock.now() + this.offsetMs;
  }

  after(milliseconds: number, run: () => void): () => void {
    return this.localClock.after(milliseconds, run);
  }

  /** Repeats the comparison with the store's clock at regular intervals until `stop()`. */
  start(): void {
    this.cancelTimer = this.localClock.after(COMPARE_INTERVAL_MS, () => {
      // If the store cannot be reached, the last offset remains in use.
      void this.measureOffset(MAX_ROUND_TRIP_MS)
        .catch(() => undefined)
        .then(() => {
          if (!this.isStopped) this.start();
        });
    });
  }

  stop(): void {
    this.isStopped = true;
    this.cancelTimer();
  }

  /**
   * Measures by how much the store's clock is ahead. A change that is smaller than the measurement error is ignored, so that the time does
   * not move back and forth.
   */
  private async measureOffset(maxRoundTripMs: number): Promise<void> {
    const startedAt = this.localClock.now();
    const storeTime = await this.store.currentTime();
    const roundTripMs = this.localClock.now() - startedAt;
    const offsetMs = Math.round(storeTime - startedAt - roundTripMs / 2);
    if (
      roundTripMs >= 0 &&
      roundTripMs <= maxRoundTripMs &&
      Math.abs(offsetMs - this.offsetMs) > roundTripMs / 2 + 1
    )
      this.offsetMs = offsetMs;
  }
}
