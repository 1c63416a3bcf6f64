/**
 * Shares one running call among all callers with the same key. Clients repeat a request that was answered with 503 while its write is still
 * queued. If each repeat added a write, a slow store would only do work whose callers have given up.
 */
export class CallDeduplicator<T> {
  private readonly running = new Map<string, Promise<T>>();

  isRunning(key: string): boolean {
    return this.running.has(key);
  }

  /** Returns the result of the running call with this key; starts one if there is none. */
  run(key: string, call: () => Promise<T>): Promise<T> {
    let result = this.running.get(key);
    if (!result) {
      result = call().finally(() => this.running.delete(key));
      this.running.set(key, result);
    }
    return result;
  }
}
