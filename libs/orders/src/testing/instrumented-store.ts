/** Wraps a real store for tests. A test can wait until the store is idle, and can simulate a crash before or after any transaction. */
import type { OrderRepository, Store } from '@tributary/feed';
import { setImmediate } from 'node:timers/promises';

/** The methods of the store that return an object to wrap. */
const PART_METHODS: readonly (string | symbol)[] = [
  'orders',
  'orderQueue',
  'orderExchanges',
  'orderProposals',
] satisfies (keyof Store)[];
/** The methods of an order repository that write orders. */
const WRITE_METHODS: readonly (string | symbol)[] = [
  'insertOrGet',
  'update',
] satisfies (keyof OrderRepository)[];

/** The point of a simulated crash: before or after the n-th transaction that writes orders. */
export interface CrashPoint {
  commitNumber: number;
  moment: 'before' | 'after';
}

export class InstrumentedStore {
  /** The number of transactions so far that wrote orders. */
  commitCount = 0;
  hasCrashed = false;
  /** Called after each transaction that wrote orders. */
  onCommit: (commits: number) => Promise<void> = async () => {};
  /** Called after each read, with the name of the method. */
  onRead: (method: string | symbol) => Promise<void> = async () => {};
  private runningCount = 0;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly real: Store,
    private readonly crashPoint?: CrashPoint,
  ) {}

  get store(): Store {
    return this.instrument(this.real) as Store;
  }

  crash(): void {
    this.hasCrashed = true;
  }

  close(): Promise<void> {
    return this.real.close();
  }

  /** Waits until no store operation is in progress. */
  async waitUntilIdle(): Promise<void> {
    for (let quiet = 0; quiet < 5; quiet++) {
      await setImmediate();
      if (this.runningCount === 0) continue;
      // The process really waits here, so that the database gets processor time.
      await new Promise<void>((resolve) => this.waiting.push(resolve));
      quiet = -1;
    }
  }

  /** Wraps an object so that every call of its methods is tracked. */
  private instrument(target: object): object {
    return new Proxy(target, {
      get: (of, name) => {
        const property: unknown = Reflect.get(of, name);
        if (typeof property !== 'function') return property;
        return (...parameters: unknown[]) => {
          if (PART_METHODS.includes(name)) {
            return this.instrument((property as (...all: unknown[]) => object).apply(of, parameters));
          }
          return this.runTracked(name, () =>
            (property as (...all: unknown[]) => Promise<unknown>).apply(of, parameters),
          );
        };
      },
    });
  }

  /** Runs a method of the store. After the simulated crash the promise never settles, because a dead process gets no results. */
  private async runTracked(name: string | symbol, work: () => Promise<unknown>): Promise<unknown> {
    const isWrite = WRITE_METHODS.includes(name);
    if (isWrite) this.crashIf('before', this.commitCount + 1);
    if (this.hasCrashed) return new Promise(() => {});
    this.runningCount++;
    try {
      const result = await work();
      if (isWrite) this.crashIf('after', ++this.commitCount);
      if (isWrite) await this.onCommit(this.commitCount);
      else await this.onRead(name);
      return this.hasCrashed ? new Promise(() => {}) : result;
    } finally {
      this.endOperation();
    }
  }

  private endOperation(): void {
    this.runningCount--;
    if (this.runningCount > 0) return;
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private crashIf(moment: CrashPoint['moment'], commitNumber: number): void {
    if (this.crashPoint?.moment === moment && this.crashPoint.commitNumber === commitNumber)
      this.hasCrashed = true;
  }
}
