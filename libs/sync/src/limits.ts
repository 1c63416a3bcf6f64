/** Limits, timeouts and delays of this library. All times are in milliseconds. */
export interface SyncLimits {
  /** Maximum number of streams that are pulled at the same time, over all connectors. */
  concurrency: number;
  /** Maximum time that a pull keeps its semaphore permit while other streams wait. The pull checks it after each page. */
  turn: number;
  /** Timeout for the plugin to return one page. */
  pageDeadline: number;
  /** Timeout for the plugin's iterator to close. */
  closeDeadline: number;
  /** Lifetime of a lease that is not renewed. After it another process may pull the stream. */
  leaseTtl: number;
  /** Time for the current pages to be committed when the engine stops. */
  stopGrace: number;
  /** Delay between a request to pull and the pull, so that a burst of requests causes one pull. */
  pullDelay: number;
  /** Average time between the first pulls of two streams, so that a thousand connectors do not start at the same time. */
  startSpacing: number;
  /** Number of repeated pages in a row without new data after which the listing counts as an endless loop. */
  repeatedPages: number;
  /** Back-off after the first failure. It doubles with each further failure. */
  firstBackOff: number;
  /** Upper limit of the exponential back-off. */
  longestBackOff: number;
  /** Back-off after the PSP rejected the credentials. A person must correct them first. */
  unauthorizedBackOff: number;
  /** Minimum time between two stored rows about pulls of a stream that found nothing new. */
  quietRecordEvery: number;
}

export const DEFAULT_LIMITS: SyncLimits = {
  concurrency: 32,
  turn: 5_000,
  pageDeadline: 60_000,
  closeDeadline: 1_000,
  leaseTtl: 10_000,
  stopGrace: 5_000,
  pullDelay: 200,
  startSpacing: 20,
  repeatedPages: 20,
  firstBackOff: 2_000,
  longestBackOff: 5 * 60_000,
  unauthorizedBackOff: 15 * 60_000,
  quietRecordEvery: 10 * 60_000,
};
