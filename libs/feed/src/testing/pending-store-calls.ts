/** Counts the pending calls of a store. A test with a simulated clock must not advance it while calls are pending. */
import type { OrderRepository } from '../types/order.types.js';
import type { BalanceRepository, Feed, Lease, Store } from '../types/store.types.js';

/** An object that has one of these methods is a lease, a feed, a balance repository or an order repository. */
const PART_METHODS: readonly (keyof Lease | keyof Feed | keyof BalanceRepository | keyof OrderRepository)[] =
  ['append', 'acquireLease', 'recordObservation', 'insertOrGet'];

export class PendingStoreCalls {
  private count = 0;
  private waiting: (() => void)[] = [];

  get isUnderWay(): boolean {
    return this.count > 0;
  }

  /** Waits until no call is pending. The process sleeps during the wait, so that the database gets the processor. */
  async waitUntilSettled(): Promise<void> {
    while (this.count > 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Wraps a store. Each call counts as pending until its promise settles. */
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
