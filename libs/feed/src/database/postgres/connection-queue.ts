/**
 * Shares the connections of one pool fairly. A pool alone would serve requests in the sequence of their arrival. Then many orders at once
 * would delay the health check and all pulls, and many pulls at once would delay orders.
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

  /** Shows, for each purpose, when it got its last connection. Each connection that is given out gets the next number. */
  private readonly lastGrants: Record<ConnectionPurpose, number> = { ...NO_CONNECTIONS };
  private grantCount = 0;

  /** @param size number of connections in the pool */
  constructor(private readonly size: number) {}

  /**
   * Waits for a connection.
   * @returns a function that releases the connection
   * @throws Error when no connection is free within `timeoutMs`
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

  /**
   * Gives out free connections. The health check comes first. Then comes the purpose that uses the fewest connections. If several purposes
   * use the same number, the one that has waited longest comes first.
   */
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
   * Returns true if the purpose may use another connection. In a pool with three or more connections, no purpose may use all of them,
   * because all statements of one purpose may wait for the same lock. Operators may use only one connection, so that their long searches do
   * not slow other work.
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
