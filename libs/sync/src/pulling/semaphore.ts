/** A counting semaphore. Callers that wait get a permit in the sequence in which they called `acquire`. */
export class Semaphore {
  private readonly waiters: (() => void)[] = [];

  constructor(private availablePermits: number) {}

  get queueLength(): number {
    return this.waiters.length;
  }

  /**
   * Waits for a permit.
   * @throws the reason of the signal when it is aborted before a permit is available
   */
  async acquire(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.availablePermits > 0) {
      this.availablePermits--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const grantPermit = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = () => {
        this.waiters.splice(this.waiters.indexOf(grantPermit), 1);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.waiters.push(grantPermit);
    });
  }

  release(): void {
    const next = this.waiters.shift();
    if (next) next();
    else this.availablePermits++;
  }
}
