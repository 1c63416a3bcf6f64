/** Limits, timeouts and delays of this library. All times are in milliseconds. */
export interface SyncLimits {
  /** Maximum number of streams that are pulled at the same time, over all connectors. */
  concurrency: number;
  /** Maximum time for which a pull keeps its semaphore permit while other streams wait. The pull checks this time after each page. */
  maxTurnMs: number;
  /** Timeout for the plugin to return one page. */
  pageTimeoutMs: number;
  /** Timeout for the plugin's iterator to close. */
  closeTimeoutMs: number;
  /** Duration of a lease that is not renewed. After this time another process may pull the stream. */
  leaseTtlMs: number;
  /** Maximum time for pulls to commit their current pages when the engine stops. */
  stopGraceMs: number;
  /** Delay between a request to pull and the pull, so that a burst of requests causes one pull. */
  pullDelayMs: number;
  /** Average time between the first pulls of two streams, so that a thousand connectors do not start at the same time. */
  startSpacingMs: number;
  /** Number of repeated pages in a row, without new data, after which the listing is regarded as an endless loop. */
  maxRepeatedPages: number;
  /**
   * Maximum time for which a row is held until the original to which it refers arrives. It is longer than the lateness of any PSP, because
   * clients make a separate payment of a row that is served before its original.
   */
  maxHoldMs: number;
  /** Back-off after the first failure. It doubles with each further failure. */
  initialBackOffMs: number;
  /** Upper limit of the exponential back-off. */
  maxBackOffMs: number;
  /** Back-off after the PSP rejected the credentials for the first time. It grows fourfold with each further failure. */
  initialUnauthorizedBackOffMs: number;
  /** Maximum back-off after rejected credentials. A person must usually correct the credentials. */
  unauthorizedBackOffMs: number;
  /**
   * Minimum time between two observations of balances for the completeness check. It is less than a minute, so that a pull every minute
   * includes a check.
   */
  completenessIntervalMs: number;
  /** Minimum time between two samples of stored rows that are compared with their hashes, over all connectors. */
  rowSampleIntervalMs: number;
  /** Number of rows in each sample of stored rows. */
  rowSampleSize: number;
  /** Minimum time between two stored rows about pulls of a stream that found nothing new. */
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
