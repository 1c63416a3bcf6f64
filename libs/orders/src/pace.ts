/** How long things take and may take, in milliseconds. */
export interface OrderPace {
  /**
   * From a request until it is answered with what is known by then. Clients give up after ten seconds, of which a balancer may need
   * two to see that a gateway is gone.
   */
  answerWithin: number;
  /** For a call that hands an order to the PSP. */
  sendDeadline: number;
  /** For a call that looks for one. */
  findDeadline: number;
  /** Who works on an order has it so long; longer than a call, and what is written before and after it. */
  lease: number;
  /** A refusal counts only so long after it, where an earlier attempt may still be on its way. */
  settle: number;
  /** A client stamps its own entry some time after our answer; what happened since must look later than that. */
  afterAnswer: number;
  /** Until the first look at an order whose outcome is unknown; the pauses grow with its age. */
  firstPause: number;
  longestPause: number;
  /** Between two looks at an order that the PSP has taken. */
  longestFollow: number;
  /** After wrong credentials: a person must act first. */
  unauthorizedPause: number;
  /** How often the store is asked what is due. */
  poll: number;
  /** A page with a movement that may be an order's waits so long for the answer. */
  holdFor: number;
  /** For the calls under way when the gateway stops. */
  stopGrace: number;
  /** Calls of one connector's PSP at the same time; a number. */
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

/** A pause for something that is `age` old: half of that, so that looks become rarer without anybody counting them. */
export function pauseFor(age: number, shortest: number, longest: number): number {
  return Math.round(Math.min(Math.max(age / 2, shortest), longest));
}
