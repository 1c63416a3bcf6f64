/** Counting semaphore. Waiting callers get a permit in the order in which they called `acquire`. */
export class Slots {
  private readonly line: (() => void)[] = [];

  constructor(private free: number) {}

  get waiting(): number {
    return this.line.length;
  }

  /** Waits for a permit. @throws the signal's reason when it is aborted before a permit is available */
  async acquire(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.free > 0) {
      this.free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.line.splice(this.line.indexOf(enter), 1);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.line.push(enter);
    });
  }

  release(): void {
    const next = this.line.shift();
    if (next) next();
    else this.free++;
  }
}
