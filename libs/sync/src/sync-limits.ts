/** Limits, timeouts and delays of this library. All times are in milliseconds. */
export interface SyncLimits {
  /** The maximum number of streams that are pulled at the same time, over all connectors. */
  concurrency: number;
  /** The maximum time for which a pull keeps its permit while other streams wait. The pull checks this time after each page. */
  maxTurnMs: number;
  /** Time within which the plugin must return one page. */
  pageTimeoutMs: number;
  /** Time within which the plugin's iterator must close. */
  closeTimeoutMs: number;
  /**
   * Duration of a lease (the right of one process to write a feed). If the process does not renew the lease within this time, another
   * process may pull the stream.
   */
  leaseTtlMs: number;
  /** The maximum time for pulls to commit their current pages when the engine stops. */
  stopGraceMs: number;
  /** Delay between a request to pull and the pull, so that a burst of requests causes one pull. */
  pullDelayMs: number;
  /** Average time between the first pulls of two streams, so that a thousand connectors do not start at the same time. */
  startSpacingMs: number;
  /** The number of repeated pages in a row, without new data, after which the listing is treated as an endless loop. */
  maxRepeatedPages: number;
  /**
   * The maximum time for which a row waits for the original to which it refers. It is longer than any PSP needs to list the original,
   * because clients make a separate payment of a row that is served before its original.
   */
  maxHoldMs: number;
  /** Delay before the retry after the first failure. The delay doubles with each further failure. */
  initialBackOffMs: number;
  /** The maximum delay between two retries. */
  maxBackOffMs: number;
  /**
   * Delay before the retry after the PSP rejected the credentials for the first time. The delay grows fourfold with each further failure.
   */
  initialUnauthorizedBackOffMs: number;
  /**
   * The maximum delay between two retries after the PSP rejected the credentials. It is long, because a person must usually correct the
   * credentials.
   */
  unauthorizedBackOffMs: number;
  /**
   * The minimum time between two readings of balances for the completeness check. It is less than a minute, so that a pull every minute
   * includes a check.
   */
  completenessIntervalMs: number;
  /** The minimum time between two samples of stored rows, over all connectors. The rows of a sample are compared with their hashes. */
  rowSampleIntervalMs: number;
  /** The number of rows in each sample of stored rows. */
  rowSampleSize: number;
  /** A pull that found nothing new is stored as a row at most once in this time, for each stream. */
  quietRecordIntervalMs: number;
}

export const DEFAULT_SYNC_LIMITS: SyncLimits = {
  concurrency: 32,
  maxTurnMs: 5_000,
  pageTimeoutMs: 60_000,
  closeTimeoutMs: 1_000,
  leaseTtlMs: 10_000,
  stopGraceMs: 5_000,
  pullDelayMs: 200,
  startSpacingMs: 20,
  maxRepeatedPages: 20,
  maxHoldMs: 24 * 3_600_000,
  initialBackOffMs: 2_000,
  maxBackOffMs: 5 * 60_000,
  initialUnauthorizedBackOffMs: 30_000,
  unauthorizedBackOffMs: 15 * 60_000,
  completenessIntervalMs: 45_000,
  rowSampleIntervalMs: 2_000,
  rowSampleSize: 200,
  quietRecordIntervalMs: 10 * 60_000,
};
