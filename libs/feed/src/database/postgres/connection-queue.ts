/**
 * Shares the connections of one pool fairly. Without it the pool serves requests in the sequence of their arrival, so that a burst of orders
 * would delay the health check and all pulls, and the other way round.
 */
import type { ConnectionPurpose } from '../database-adapter.js';

interface Waiter {
  grant: () => void;
}

const PURPOSES: readonly ConnectionPurpose[] = ['health', 'orders', 'pages', 'operator', 'other'];
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

  /** Number of the last grant of each purpose. */
  private readonly lastGrants: Record<ConnectionPurpose, number> = { ...NO_CONNECTIONS };
  private grantCount = 0;

  /** @param size number of connections */
  constructor(private readonly size: number) {}

  /**
   * Waits for a connection.
   * @returns a function that gives it back
   * @throws Error when none is free within `timeoutMs`
   */
  async acquire(purpose: ConnectionPurpose, timeoutMs: number): Promise<() => void> {
    if (!this.mayUse(purpose) || this.waiters[purpose].length > 0) await this.wait(purpose, timeoutMs);
    else this.take(purpose);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.inUse[purpose]--;
      this.grantFree();
    };
  }

  private wait(purpose: ConnectionPurpose, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiters = this.waiters[purpose];
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

  /** Grants free connections: to the health check first, then to the purpose that uses the fewest, then to the one that was served longest ago. */
  private grantFree(): void {
    for (;;) {
      const [purpose] = PURPOSES.filter((each) => this.waiters[each].length > 0 && this.mayUse(each)).sort(
        (left, right) =>
          this.countForComparison(left) - this.countForComparison(right) ||
          this.lastGrants[left] - this.lastGrants[right],
      );
      const waiter = purpose && this.waiters[purpose].shift();
      if (!purpose || !waiter) return;
      this.take(purpose);
      waiter.grant();
    }
  }

  private take(purpose: ConnectionPurpose): void {
    this.inUse[purpose]++;
    this.lastGrants[purpose] = ++this.grantCount;
  }

  /**
   * No purpose may use all connections of a pool with three or more, because its statements may all wait for one lock. Operators have one
   * connection, so that their long searches never slow the others.
   */
  private mayUse(purpose: ConnectionPurpose): boolean {
    const usedCount = PURPOSES.reduce((sum, each) => sum + this.inUse[each], 0);
    const maxConnections = purpose === 'operator' ? 1 : this.size < 3 ? this.size : this.size - 1;
    return usedCount < this.size && this.inUse[purpose] < maxConnections;
  }

  private countForComparison(purpose: ConnectionPurpose): number {
    return purpose === 'health' ? -1 : this.inUse[purpose];
  }
}
