/** Timeouts, delays and limits of order execution. Durations are in milliseconds. */
export interface OrderTimings {
  /**
   * Time after which a request gets a response from the present state of the order. Clients wait 10 s. The limit is shorter, because a load
   * balancer may need 2 s of this time to detect a dead gateway.
   */
  responseTimeoutMs: number;
  /** Timeout of a call that sends an order to the PSP. */
  sendTimeoutMs: number;
  /** Timeout of a call that looks an order up at the PSP. */
  lookupTimeoutMs: number;
  /** Duration of the lease on an order. The lease must last longer than a PSP call and the writes before and after it. */
  leaseMs: number;
  /**
   * Time between a declined repeat and the failure of the order. During this time an earlier attempt may still be on its way to the PSP.
   */
  declineConfirmationMs: number;
  /**
   * Delay between a response and the publication of a later status. The client stores its own entry shortly after the response, and a row
   * replaces this entry only if it is newer.
   */
  publishDelayMs: number;
  /**
   * Delays between a response and the further publications of the outcome, in ascending order. An outcome is published again if it differs
   * from the response. The repeats are for clients that were slow or stopped, and therefore ignored the earlier rows.
   */
  republishDelaysMs: readonly number[];
  /** Delay before the first lookup or retry of an order. Later delays grow with the age of the order. */
  initialDelayMs: number;
  /** The maximum delay between two lookups or retries of an order that the PSP has not confirmed. */
  maxDelayMs: number;
  /** The maximum interval between two status lookups of an order that the PSP has accepted. */
  maxStatusPollIntervalMs: number;
  /**
   * The maximum delay before a retry after the PSP rejected the credentials. The delay can be long, because an operator must first correct
   * the credentials.
   */
  maxUnauthorizedDelayMs: number;
  /** Interval at which the store is polled for due orders. */
  pollIntervalMs: number;
  /**
   * The maximum time for which a page is deferred. A page is deferred while one of its transactions may belong to an order with an unknown
   * outcome.
   */
  maxPageDeferMs: number;
  /** The maximum time for calls in progress to finish when the gateway stops. */
  shutdownGraceMs: number;
  /** The maximum number of concurrent PSP calls of one connector. */
  maxConcurrentCalls: number;
}

export const DEFAULT_ORDER_TIMINGS: OrderTimings = {
  responseTimeoutMs: 6_500,
  sendTimeoutMs: 30_000,
  lookupTimeoutMs: 15_000,
  leaseMs: 45_000,
  declineConfirmationMs: 60_000,
  publishDelayMs: 30_000,
  republishDelaysMs: [5 * 60_000, 3_600_000, 6 * 3_600_000],
  initialDelayMs: 500,
  maxDelayMs: 5 * 60_000,
  maxStatusPollIntervalMs: 60 * 60_000,
  maxUnauthorizedDelayMs: 15 * 60_000,
  pollIntervalMs: 500,
  maxPageDeferMs: 60_000,
  shutdownGraceMs: 5_000,
  maxConcurrentCalls: 16,
};

/**
 * Returns half of the age as the delay in ms, but at least `minMs` and at most `maxMs`. The delay grows with the age, so no counter of
 * attempts is needed.
 */
export function getDelayForAge(ageMs: number, minMs: number, maxMs: number): number {
  return Math.round(Math.min(Math.max(ageMs / 2, minMs), maxMs));
}
