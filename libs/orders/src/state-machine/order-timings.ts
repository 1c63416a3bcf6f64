/** Timeouts, delays and limits of order execution. Durations are in milliseconds. */
export interface OrderTimings {
  /**
   * Time after which a request gets a response from the present state of the order. Clients give up after 10 s, and a load balancer may
   * need 2 s of this time to detect a dead gateway.
   */
  responseTimeoutMs: number;
  /** Timeout of a call that sends an order to the PSP. */
  sendTimeoutMs: number;
  /** Timeout of a call that looks an order up at the PSP. */
  lookupTimeoutMs: number;
  /** Duration of the lease on an order. It is longer than a PSP call plus the writes before and after it. */
  leaseMs: number;
  /** Time after a declined repeat until the order fails. During this time an earlier attempt may still be on its way to the PSP. */
  declineConfirmationMs: number;
  /**
   * Delay between a response and the publication of a later status. A client stores its own entry with the time after the response, and
   * later rows must be newer than this entry.
   */
  publishDelayMs: number;
  /**
   * Delays between a response and further publications of an outcome that differs from the response, in ascending order. They are needed
   * for a client that ignored the earlier rows, because it was slow or stopped.
   */
  republishDelaysMs: readonly number[];
  /** Delay before the first lookup or retry of an order. Later delays grow with the age of the order. */
  initialDelayMs: number;
  /** Maximum delay between two lookups or retries of an order that the PSP has not confirmed. */
  maxDelayMs: number;
  /** Maximum interval between two status lookups of an order that the PSP has accepted. */
  maxStatusPollIntervalMs: number;
  /** Maximum delay before a retry after the PSP rejected the credentials. The delay can be long, because an operator must act first. */
  maxUnauthorizedDelayMs: number;
  /** Interval at which the store is polled for due orders. */
  pollIntervalMs: number;
  /** Maximum time for which a page is deferred because one of its transactions may belong to an order with an unknown outcome. */
  maxPageDeferMs: number;
  /** Maximum time for calls in progress to finish when the gateway stops. */
  shutdownGraceMs: number;
  /** Maximum number of concurrent PSP calls of one connector. */
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
 * Returns half the age as the delay in ms, limited by `minMs` and `maxMs`. The delay grows with the age, so no attempt counter is needed.
 */
export function getDelayForAge(ageMs: number, minMs: number, maxMs: number): number {
  return Math.round(Math.min(Math.max(ageMs / 2, minMs), maxMs));
}
