/** A real store with instrumentation: tests can wait until it is idle, and can simulate a crash before or after any transaction. */
import type { Store } from '@tributary/feed';
import { setImmediate } from 'node:timers/promises';

/** Point of a simulated crash: before or after the n-th transaction that writes orders. */
export interface Death {
  at: number;
  moment: 'before' | 'after';
}

export class WatchedStore {
  /** Number of transactions that wrote orders so far. */
  commits = 0;
  isDead = false;
  /** Called after each transaction that wrote orders. */
  onCommit: (commits: number) => Promise<void> = async () => {};
  /** Called after each read, with the name of the method. */
  onRead: (question: string | symbol) => Promise<void> = async () => {};
  private busy = 0;

  constructor(
    private readonly real: Store,
    private readonly death?: Death,
  ) {}

  get store(): Store {
    return this.watch(this.real) as Store;
  }

  kill(): void {
    this.isDead = true;
  }

  close(): Promise<void> {
    return this.real.close();
  }

  /** Waits until no store operation is in progress. */
  async rest(): Promise<void> {
    for (let quiet = 0; quiet < 5; quiet++) {
      await setImmediate();
      if (this.busy > 0) quiet = -1;
    }
  }

  /** Wraps an object so that every method call is tracked. */
  private watch(target: object): object {
    return new Proxy(target, {
      get: (of, name) => {
        const member: unknown = Reflect.get(of, name);
        if (typeof member !== 'function') return member;
        return (...parameters: unknown[]) => {
          if (name === 'orders' || name === 'allOrders') {
            return this.watch((member as (...all: unknown[]) => object).apply(of, parameters));
          }
          return this.run(name, () =>
            (member as (...all: unknown[]) => Promise<unknown>).apply(of, parameters),
          );
        };
      },
    });
  }

  /** Runs a method. After the simulated crash it returns a promise that never settles, because a dead process gets no results. */
  private async run(name: string | symbol, work: () => Promise<unknown>): Promise<unknown> {
    const writes = name === 'receive' || name === 'change';
    if (writes) this.dieIf('before', this.commits + 1);
    if (this.isDead) return new Promise(() => {});
    this.busy++;
    try {
      const result = await work();
      if (writes) this.dieIf('after', ++this.commits);
      if (writes) await this.onCommit(this.commits);
      else await this.onRead(name);
      return this.isDead ? new Promise(() => {}) : result;
    } finally {
      this.busy--;
    }
  }

  private dieIf(moment: Death['moment'], commit: number): void {
    if (this.death?.moment === moment && this.death.at === commit) this.isDead = true;
  }
}
