/**
 * Shares the connections of one pool fairly. Without it the pool serves requests in the sequence of their arrival, so that a burst of orders
 * would delay the health check and all pulls, and the other way round.
 */
import type { ConnectionPurpose } from '../database-adapter.js';

interface Waiter {
  grant: () => void;
}

const LANES: readonly ConnectionPurpose[] = ['health', 'orders', 'pages', 'operator', 'other'];
const NO_CONNECTIONS = { health: 0, orders: 0, pages: 0, operator: 0, other: 0 } as const;

export class ConnectionQueue {
  private readonly waiters: Record<ConnectionPurpose, Waiter[]> = {
    health: [],
    orders: [],
    pages: [],
    operator: [],
    other: [],
  };
  private readonly inUse: Record<ConnectionPurpose, number> = { ...NO_CONNECTIONS };

  /** Number of the last grant of each lane. */
  private readonly lastGrants: Record<ConnectionPurpose, number> = { ...NO_CONNECTIONS };
  private grantCount = 0;

  /** @param size number of connections */
  constructor(private readonly size: number) {}

  /**
   * Waits for a connection.
   * @returns a function that gives it back
   * @throws Error when none is free within `timeoutMs`
   */
  async acquire(lane: ConnectionPurpose, timeoutMs: number): Promise<() => void> {
    if (!this.mayUse(lane) || this.waiters[lane].length > 0) await this.wait(lane, timeoutMs);
    else this.take(lane);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.inUse[lane]--;
      this.grantFree();
    };
  }

  private wait(lane: ConnectionPurpose, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiters = this.waiters[lane];
      const timer = setTimeout(() => {
        waiters.splice(waiters.indexOf(waiter), 1);
        reject(new Error('timeout exceeded when waiting for a free connection'));
      }, timeoutMs);
      const waiter: Waiter = {
        grant: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      waiters.push(waiter);
    });
  }

  /** Grants free connections: to the health check first, then to the lane that uses the fewest, then to the one that was served longest ago. */
  private grantFree(): void {
    for (;;) {
      const [lane] = LANES.filter((each) => this.waiters[each].length > 0 && this.mayUse(each)).sort(
        (left, right) =>
          this.countForComparison(left) - this.countForComparison(right) ||
          this.lastGrants[left] - this.lastGrants[right],
      );
      const waiter = lane && this.waiters[lane].shift();
      if (!lane || !waiter) return;
      this.take(lane);
      waiter.grant();
    }
  }

  private take(lane: ConnectionPurpose): void {
    this.inUse[lane]++;
    this.lastGrants[lane] = ++this.grantCount;
  }

  /**
   * No lane may use all connections of a pool with three or more, because its statements may all wait for one lock. Operators have one
   * connection, so that their long searches never slow the others.
   */
  private mayUse(lane: ConnectionPurpose): boolean {
    const usedCount = LANES.reduce((sum, each) => sum + this.inUse[each], 0);
    const laneSize = lane === 'operator' ? 1 : this.size < 3 ? this.size : this.size - 1;
    return usedCount < this.size && this.inUse[lane] < laneSize;
  }

  private countForComparison(lane: ConnectionPurpose): number {
    return lane === 'health' ? -1 : this.inUse[lane];
  }
}
