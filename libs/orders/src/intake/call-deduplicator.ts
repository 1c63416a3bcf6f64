/**
 * Shares one running call among all callers with the same key. After a 503, clients repeat their request while its write is still queued.
 * If each repeat added a write, a slow store would mainly do work for callers that have given up.
 */
export class CallDeduplicator<T> {
  private readonly running = new Map<string, Promise<T>>();

  isRunning(key: string): boolean {
    return this.running.has(key);
  }

  /** Returns the result of the running call with this key, or starts a call if none is running. */
  run(key: string, call: () => Promise<T>): Promise<T> {
    let result = this.running.get(key);
    if (!result) {
      result = call().finally(() => this.running.delete(key));
      this.running.set(key, result);
    }
    return result;
  }
}
