/**
 * Lets all callers with the same key share one running call. After a 503, clients repeat their request while the first write is still
 * queued. Without sharing, each repeat would add a write, and a slow store would mainly work for callers that no longer wait.
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
