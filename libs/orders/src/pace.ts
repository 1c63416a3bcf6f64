/** Timeouts, delays and limits of order execution. Durations are in milliseconds. */
export interface OrderPace {
  /**
   * Time after which a request gets a response with what is known by then. Clients give up after 10 s, and a load balancer may need
   * 2 s of them to detect a dead gateway.
   */
  answerWithin: number;
  /** Timeout of a call that sends an order to the PSP. */
  sendDeadline: number;
  /** Timeout of a call that looks an order up at the PSP. */
  findDeadline: number;
  /** Duration of the lease on an order. Longer than a PSP call and the writes before and after it. */
  lease: number;
  /** Time after which a declined repeat fails the order, while an earlier attempt may still be on its way to the PSP. */
  settle: number;
  /**
   * Delay between a response and the publication of a later status. A client stamps its own entry after the response, and later rows
   * must be newer than it.
   */
  afterAnswer: number;
  /** Delay before the first lookup or retry of an order. The delays grow with its age. */
  firstPause: number;
  /** Maximum delay between two lookups or retries of an order that the PSP has not confirmed. */
  longestPause: number;
  /** Maximum interval between two status lookups of an order that the PSP has accepted. */
  longestFollow: number;
  /** Maximum delay before a retry after rejected credentials. An operator must act first. */
  unauthorizedPause: number;
  /** Interval at which the store is polled for due orders. */
  poll: number;
  /** Maximum time for which a page is deferred because one of its transactions may be an order with an unknown outcome. */
  holdFor: number;
  /** Time that calls in progress get to finish when the gateway stops. */
  stopGrace: number;
  /** Maximum number of concurrent PSP calls of one connector. */
  concurrency: number;
}

export const DEFAULT_PACE: OrderPace = {
  answerWithin: 6_500,
  sendDeadline: 30_000,
  findDeadline: 15_000,
  lease: 45_000,
  settle: 60_000,
  afterAnswer: 30_000,
  firstPause: 500,
  longestPause: 5 * 60_000,
  longestFollow: 60 * 60_000,
  unauthorizedPause: 15 * 60_000,
  poll: 500,
  holdFor: 60_000,
  stopGrace: 5_000,
  concurrency: 16,
};

/** Returns half the age as the delay in ms, within the bounds. The delay grows with the age, so no attempt counter is needed. */
export function pauseFor(age: number, shortest: number, longest: number): number {
  return Math.round(Math.min(Math.max(age / 2, shortest), longest));
}
