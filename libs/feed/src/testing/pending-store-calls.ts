/** Counts the calls of a store that have not ended. A test with a manual clock must not advance the clock while there are such calls. */
import type { OrderRepository } from '../types/order.types.js';
import type { BalanceRepository, Feed, Lease, Store } from '../types/store.types.js';

/**
 * Names of methods that only leases, feeds, balance repositories and order repositories have. An object with one of these methods is
 * wrapped, too.
 */
const PART_METHODS: readonly (keyof Lease | keyof Feed | keyof BalanceRepository | keyof OrderRepository)[] =
  ['append', 'acquireLease', 'recordObservation', 'insertOrGet'];

export class PendingStoreCalls {
  private count = 0;
  private waiting: (() => void)[] = [];

  get isUnderWay(): boolean {
    return this.count > 0;
  }

  /** Waits until all calls have ended. The process really waits, so that the database gets processor time. */
  async waitUntilSettled(): Promise<void> {
    while (this.count > 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Wraps a store. A call is counted until its promise settles. */
  track(store: Store): Store {
    return this.wrap(store);
  }

  private wrap<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const property: unknown = Reflect.get(target, name, target);
        if (typeof property !== 'function') return property;
        return (...args: unknown[]): unknown => this.countUntilSettled(Reflect.apply(property, target, args));
      },
    });
  }

  private countUntilSettled(result: unknown): unknown {
    if (!(result instanceof Promise)) return this.wrapIfStorePart(result);
    this.count++;
    return result.then((value) => this.wrapIfStorePart(value)).finally(() => this.endCall());
  }

  private endCall(): void {
    this.count--;
    if (this.count > 0) return;
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** Wraps feeds, leases and repositories, because their methods are asynchronous, too. Other values are returned unchanged. */
  private wrapIfStorePart(part: unknown): unknown {
    const isPart = typeof part === 'object' && part !== null && PART_METHODS.some((method) => method in part);
    return isPart ? this.wrap(part) : part;
  }
}
