/**
 * Chooses the time (`at`) with which a reader gets the balances of an account. Pure. For each account and asset, Formance keeps rows with a
 * begin and an end, and takes both times from `at`. A new amount begins a row; the same amount again moves the end of the row. So the first
 * response with new amounts has the time at which they became true. Later responses have a time after the reader's next request, because
 * the amounts are still true: `docs/decisions/0015-times-of-balances.md`. All times are milliseconds since 1970.
 */

/** The stored amounts of an account, and when they were true. */
export interface AmountsVersion {
  /** When these amounts became true. It increases with every change of an amount, so that it identifies the version. */
  since: number;
  /** When these amounts were last observed. */
  observedAt: number;
}

/** The last response that a reader (one API key) got for an account. */
export interface ReaderBalance {
  /** `AmountsVersion.since` of the last response. */
  since: number;
  /** `at` of the last response. */
  servedAt: number;
  requestedAt: number;
  /** Estimated time between two polls; `undefined` before the second request. */
  intervalMs: number | undefined;
}

/** How long a response that repeats known amounts is valid. */
export interface BalanceValidity {
  /** A fixed time in ms. Default: a time that follows the polling interval of the reader. */
  validForMs?: number;
  /**
   * Whether the PSP has just confirmed the amounts. If false, the PSP was not called yet or does not respond, and the amounts are known to
   * be valid only until their last observation.
   */
  isCurrent: boolean;
}

/**
 * Bounds of a validity that follows the polling interval. The minimum covers the time during which the store does not write observations of
 * unchanged amounts. The maximum fits a reader that polls once a day.
 */
const MIN_VALIDITY_MS = 5 * 60_000;
const MAX_VALIDITY_MS = 48 * 3_600_000;
/** Requests within this time after a response may repeat a request whose response was lost. Clients retry after up to 100 s. */
const MAX_RETRY_MS = 2 * 60_000;
/** The same limit before the polling interval is known. A client gives up after ten seconds and retries after one second. */
const FIRST_RETRY_MS = 15_000;

/** Returns the new state of a reader after this response. Its `servedAt` is the `at` of the response. */
export function chooseServedTime(
  before: ReaderBalance | undefined,
  { since, observedAt }: AmountsVersion,
  now: number,
  { validForMs, isCurrent }: BalanceValidity,
): ReaderBalance {
  if (before === undefined) return { since, servedAt: since, requestedAt: now, intervalMs: undefined };
  const elapsedMs = Math.max(0, now - before.requestedAt);
  const mayBeRetry = elapsedMs < retryWindow(before.intervalMs);
  const intervalMs = estimateInterval(before.intervalMs, elapsedMs, mayBeRetry);
  const next = { since, requestedAt: now, intervalMs };
  const isUnconfirmed = before.servedAt === since && mayBeRetry;
  if (before.since !== since || isUnconfirmed) return { ...next, servedAt: since };
  const validityMs = validForMs ?? Math.min(Math.max(2 * intervalMs, MIN_VALIDITY_MS), MAX_VALIDITY_MS);
  // The stored amounts were observed about one polling interval before the last request.
  const validUntil = isCurrent ? now + validityMs : observedAt + intervalMs + validityMs;
  // The end of the validity never moves back, unless a wrong clock set it too late.
  const previousEnd = Math.min(before.servedAt, now + Math.max(validityMs, MAX_VALIDITY_MS));
  return { ...next, servedAt: Math.max(validUntil, previousEnd, since) };
}

/** Returns the time after a response within which a request may be a retry. */
function retryWindow(intervalMs: number | undefined): number {
  return intervalMs === undefined ? FIRST_RETRY_MS : Math.min(intervalMs / 2, MAX_RETRY_MS);
}

/**
 * Estimates the polling interval: the time since the last poll, or a little less than the previous estimate if that is longer. A retry is
 * not counted as a poll.
 */
function estimateInterval(beforeMs: number | undefined, elapsedMs: number, mayBeRetry: boolean): number {
  if (beforeMs === undefined) return elapsedMs;
  return mayBeRetry ? beforeMs : Math.round(Math.max(elapsedMs, beforeMs * 0.75));
}
