/**
 * Checks by a write whether orders can be stored. The health check of a gateway calls it. Anyone may request the health at any rate, so all
 * requests within one second share one write.
 */
import { StoreUnavailableError } from '../database/store-errors.js';

/** The minimum time in ms between the end of a write and the start of the next write. */
const MIN_INTERVAL_MS = 1_000;
/**
 * Time in ms after which the check fails although its write is still running. The time is shorter than 7 s, because after 7 s an order gets
 * a 503.
 */
const MAX_WRITE_MS = 5_000;
/**
 * Time in ms after which a check no longer waits for the running write. If the previous write succeeded at most `MAX_WRITE_MS` ago, the
 * check then succeeds. A slow write is not a failure, and the clients of health checks wait only one or two seconds.
 */
const MAX_WAIT_AFTER_SUCCESS_MS = 500;

interface StartedWrite {
  result: Promise<void>;
  startedAt: number;
  endedAt: number | undefined;
}

export class StoreWriteProbe {
  private latest: StartedWrite | undefined;
  private lastSuccessAt = -Infinity;

  /**
   * @param store path or URL without its password
   * @param write writes to the tables of an order; its error is the result of the check
   */
  constructor(
    private readonly store: string,
    private readonly write: () => Promise<void>,
  ) {}

  /**
   * Writes to the store, or waits for a write that is already running.
   * @throws StoreUnavailableError when the write fails or takes longer than 5 s. Other errors of the write are thrown unchanged
   */
  async check(): Promise<void> {
    if (this.latest === undefined || this.isOld(this.latest)) this.latest = this.startWrite();
    const { result, startedAt } = this.latest;
    const timers: NodeJS.Timeout[] = [];
    const timeout = new Promise<never>((_, reject) => {
      const error = new StoreUnavailableError(
        this.store,
        `it has not written within ${MAX_WRITE_MS} ms`,
        undefined,
      );
      const remainingMs = Math.max(0, startedAt + MAX_WRITE_MS - performance.now());
      timers.push(setTimeout(() => reject(error), remainingMs));
    });
    const recentSuccess = new Promise<void>((resolve) => {
      const resolveIfRecent = () => this.hasRecentSuccess() && resolve();
      timers.push(setTimeout(resolveIfRecent, MAX_WAIT_AFTER_SUCCESS_MS));
    });
    try {
      await Promise.race([result, timeout, recentSuccess]);
    } finally {
      timers.forEach(clearTimeout);
    }
  }

  private hasRecentSuccess(): boolean {
    return performance.now() - this.lastSuccessAt < MAX_WRITE_MS;
  }

  private isOld({ endedAt }: StartedWrite): boolean {
    return endedAt !== undefined && performance.now() - endedAt >= MIN_INTERVAL_MS;
  }

  private startWrite(): StartedWrite {
    const started: StartedWrite = { result: this.write(), startedAt: performance.now(), endedAt: undefined };
    const end = () => (started.endedAt = performance.now());
    const endSuccessfully = () => (this.lastSuccessAt = end());
    started.result.then(endSuccessfully, end);
    return started;
  }
}
