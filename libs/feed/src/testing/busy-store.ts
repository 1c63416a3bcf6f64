/** Counts the pending calls of a store. A test with a simulated clock must not advance it while calls are pending. */
import type { Store } from '../feed.types.js';

export class Work {
  private count = 0;

  get isUnderWay(): boolean {
    return this.count > 0;
  }

  /** Wraps a store. Each call counts as pending until its promise settles. */
  watch(store: Store): Store {
    return this.wrap(store);
  }

  private wrap<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => this.follow(Reflect.apply(member, target, args));
      },
    });
  }

  private follow(result: unknown): unknown {
    if (!(result instanceof Promise)) return this.wrapPart(result);
    this.count++;
    return result.then((value) => this.wrapPart(value)).finally(() => this.count--);
  }

  /** Wraps feeds, leases and repositories, whose methods are asynchronous too. Other values are returned unchanged. */
  private wrapPart(part: unknown): unknown {
    const isPart =
      typeof part === 'object' &&
      part !== null &&
      ('append' in part || 'lease' in part || 'observe' in part || 'receive' in part);
    return isPart ? this.wrap(part) : part;
  }
}
