/**
 * Chooses the times of balance responses, for many requests in one transaction. Clients request the balances of all accounts at once. A
 * separate transaction for each request would take longer than all other work.
 */
import type { ServedBalances } from '@tributary/connector-api';
import type { BalanceRepository, ReaderRequest } from '@tributary/feed';
import { withTimeout } from '../pulling/with-timeout.js';
import type { Clock } from '../clock.js';

interface PendingRequest extends ReaderRequest {
  resolve: (served: ServedBalances | undefined) => void;
  reject: (error: unknown) => void;
}

/** The maximum number of requests in one transaction. The limit lets other work run between two transactions. */
const MAX_REQUESTS_PER_TRANSACTION = 100;
/**
 * Timeout in ms of a transaction. Together with the other timeouts of a response, it must stay below the ten seconds that a client waits.
 */
const WRITE_TIMEOUT_MS = 2_000;

export class BalanceResponseBatcher {
  private pending: PendingRequest[] = [];
  private isRunning = false;

  /** @param validForMs how long a response is valid, in ms; by default the validity depends on the polling interval of each reader */
  constructor(
    private readonly repository: BalanceRepository,
    private readonly clock: Clock,
    private readonly validForMs: number | undefined,
  ) {}

  /** Returns the stored balances with the time that the reader gets; `undefined` when no balance was ever observed. */
  choose(request: ReaderRequest): Promise<ServedBalances | undefined> {
    return new Promise((resolve, reject) => {
      this.pending.push({ ...request, resolve, reject });
      if (!this.isRunning) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.pending.length > 0) {
      // Requests that arrive in the same turn of the event loop share one transaction.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = this.pending.splice(0, MAX_REQUESTS_PER_TRANSACTION);
      await this.serve(batch).then(
        (served) => batch.forEach(({ resolve }, index) => resolve(served[index])),
        (error: unknown) => batch.forEach(({ reject }) => reject(error)),
      );
    }
    this.isRunning = false;
  }

  private async serve(requests: readonly ReaderRequest[]): Promise<(ServedBalances | undefined)[]> {
    const { repository, clock, validForMs } = this;
    const createTimeoutError = () => new Error(`the store took no write within ${WRITE_TIMEOUT_MS / 1000} s`);
    try {
      const serving = repository.serveReaders(requests, validForMs);
      return await withTimeout(serving, { clock, timeoutMs: WRITE_TIMEOUT_MS, createTimeoutError });
    } catch {
      // The write failed, e.g. because the disk is full or the file is locked. The response is correct although it is not stored, because
      // the next response repeats its time.
      return repository.previewReaders(requests, validForMs);
    }
  }
}
