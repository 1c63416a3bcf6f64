/**
 * Chooses the time (`at`) of the balances in a response to a reader (the client of one API key). The functions have no side effects.
 *
 * For each account and asset, Formance keeps rows with a begin and an end, and takes both times from `at`. A new amount begins a row; the
 * same amount again moves the end of the row. So the first response with new amounts contains the time at which they became true. Later
 * responses contain a time after the reader's next request, because the amounts are still true. `docs/decisions/0015-times-of-balances.md`
 * gives the reasons. All times are milliseconds since 1970.
 */

/** The stored amounts of an account, and when they were true. */
export interface ObservedAmounts {
  /** The time at which these amounts became true. It increases with every change of an amount, so it identifies the version. */
  since: number;
  /** The time at which these amounts were last observed. */
  observedAt: number;
}

/** The last response that a reader (one API key) got for an account. */
export interface ReaderBalance {
  /** `ObservedAmounts.since` of the amounts in the last response. */
  since: number;
  /** The time `at` of the last response. */
  servedAt: number;
  requestedAt: number;
  /** The estimated time between two polls of the reader; `undefined` before the second request. */
  intervalMs: number | undefined;
}

/** How long a response that repeats known amounts is valid. */
export interface BalanceValidity {
  /** A fixed validity in ms. If it is absent, the validity depends on the polling interval of the reader. */
  validForMs?: number;
  /**
   * True if the PSP has just confirmed the amounts. If false, the PSP was not called yet or does not respond. The amounts are then known to
   * be valid only until their last observation.
   */
  isCurrent: boolean;
}

/**
 * The limits of a validity that depends on the polling interval. The minimum is longer than the time between two writes of unchanged
 * amounts. The maximum suits a reader that polls once a day.
 */
const MIN_VALIDITY_MS = 5 * 60_000;
const MAX_VALIDITY_MS = 48 * 3_600_000;
/** A request within this time after a response may repeat a request whose response was lost. Clients retry after up to 100 s. */
const MAX_RETRY_MS = 2 * 60_000;
/**
 * The same limit for the second request of a reader, whose polling interval is not known yet. A client waits ten seconds for a response and
 * retries after one second.
 */
const FIRST_RETRY_MS = 15_000;

/** Returns the new state of a reader after this response. `servedAt` of this state is the time `at` of the response. */
export function chooseServedTime(
  before: ReaderBalance | undefined,
  { since, observedAt }: ObservedAmounts,
  now: number,
  { validForMs, isCurrent }: BalanceValidity,
): ReaderBalance {
  if (before === undefined) return { since, servedAt: since, requestedAt: now, intervalMs: undefined };
  const elapsedMs = Math.max(0, now - before.requestedAt);
  const mayBeRetry = elapsedMs < retryWindow(before.intervalMs);
  const intervalMs = estimateInterval(before.intervalMs, elapsedMs);
  const next = { since, requestedAt: now, intervalMs };
  const isUnconfirmed = before.servedAt === since && mayBeRetry;
  if (before.since !== since || isUnconfirmed) return { ...next, servedAt: since };
  const validityMs = validForMs ?? Math.min(Math.max(2 * intervalMs, MIN_VALIDITY_MS), MAX_VALIDITY_MS);
  // The stored amounts were observed about one polling interval before the last request, so the validity is counted from the end of that
  // interval.
  const validUntil = isCurrent ? now + validityMs : observedAt + intervalMs + validityMs;
  // The end of the validity never moves back, unless it is too far in the future because a clock was wrong.
  const previousEnd = Math.min(before.servedAt, now + Math.max(validityMs, MAX_VALIDITY_MS));
  return { ...next, servedAt: Math.max(validUntil, previousEnd, since) };
}

/** Returns how long after a response a request may be a retry. */
function retryWindow(intervalMs: number | undefined): number {
  return intervalMs === undefined ? FIRST_RETRY_MS : Math.min(intervalMs / 2, MAX_RETRY_MS);
}

/**
 * Estimates the polling interval. The estimate is the time since the last request, but at least three quarters of the previous estimate, so
 * that one retry does not shorten it too much. It decreases with each early request, because a reader whose polls follow each other more
 * quickly than before would otherwise be taken for a client that repeats one request for ever. An example is a reader that polls every 5 s
 * again after a pause of 8 minutes.
 */
function estimateInterval(beforeMs: number | undefined, elapsedMs: number): number {
  return beforeMs === undefined ? elapsedMs : Math.round(Math.max(elapsedMs, beforeMs * 0.75));
}
