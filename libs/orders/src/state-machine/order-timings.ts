/** Timeouts, delays and limits of order execution. Durations are in milliseconds. */
export interface OrderTimings {
  /**
   * Time after which a request gets a response with what is known by then. Clients give up after 10 s, and a load balancer may need
   * 2 s of them to detect a dead gateway.
   */
  responseTimeoutMs: number;
  /** Timeout of a call that sends an order to the PSP. */
  sendTimeoutMs: number;
  /** Timeout of a call that looks an order up at the PSP. */
  lookupTimeoutMs: number;
  /** Duration of the lease on an order. Longer than a PSP call and the writes before and after it. */
  leaseMs: number;
  /** Time after which a declined repeat fails the order, while an earlier attempt may still be on its way to the PSP. */
  declineConfirmationMs: number;
  /**
   * Delay between a response and the publication of a later status. A client stamps its own entry after the response, and later rows
   * must be newer than it.
   */
  publishDelayMs: number;
  /**
   * Delays between a response and further publications of an outcome that differs from it, in ascending order. A client whose worker was slow
   * or stopped ignored the earlier rows.
   */
  republishDelaysMs: readonly number[];
  /** Delay before the first lookup or retry of an order. The delays grow with its age. */
  initialDelayMs: number;
  /** Maximum delay between two lookups or retries of an order that the PSP has not confirmed. */
  maxDelayMs: number;
  /** Maximum interval between two status lookups of an order that the PSP has accepted. */
  maxStatusPollIntervalMs: number;
  /** Maximum delay before a retry after rejected credentials. An operator must act first. */
  maxUnauthorizedDelayMs: number;
  /** Interval at which the store is polled for due orders. */
  pollIntervalMs: number;
  /** Maximum time for which a page is deferred because one of its transactions may be an order with an unknown outcome. */
  maxPageDeferMs: number;
  /** Time that calls in progress get to finish when the gateway stops. */
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

/** Returns half the age as the delay in ms, within the bounds. The delay grows with the age, so no attempt counter is needed. */
export function getDelayForAge(ageMs: number, minMs: number, maxMs: number): number {
  return Math.round(Math.min(Math.max(ageMs / 2, minMs), maxMs));
}
