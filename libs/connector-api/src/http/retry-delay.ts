/**
 * Decides about retries of idempotent requests within one call of a plugin. The gateway also repeats a whole failed call, with a back-off.
 * But one page of a plugin can need many requests, e.g. for a journal that the PSP lists newest first. One lost response should not discard
 * the results of all of them.
 */
import { PspError } from '../errors.js';
import type { RetryPolicy } from './http-options.js';
import type { RawResponse, TransportFailure } from './transport.js';

const DEFAULT_MAX_ATTEMPTS = 3;
const DEFAULT_MAX_DELAY_MS = 5_000;
const INITIAL_DELAY_MS = 250;

/**
 * Returns the delay in milliseconds before the next attempt.
 * @param attempt number of the failed attempt, from 1
 * @returns `undefined` if no further attempt is made
 */
export function retryDelayMs(
  attempt: number,
  { result }: { result: RawResponse | TransportFailure },
  error: unknown,
  { maxAttempts = DEFAULT_MAX_ATTEMPTS, maxDelayMs = DEFAULT_MAX_DELAY_MS }: RetryPolicy = {},
): number | undefined {
  if (attempt >= maxAttempts || !(error instanceof PspError)) return undefined;
  if (error.kind !== 'unavailable' && error.kind !== 'rate-limited') return undefined;
  // A request is not repeated after a timeout. A repeat would put more load on a slow PSP, and the caller's own timeout will soon end the
  // call.
  if ('timedOut' in result && result.timedOut) return undefined;
  const delayMs = error.details.retryAfterMs ?? INITIAL_DELAY_MS * 4 ** (attempt - 1);
  return delayMs <= maxDelayMs ? delayMs : undefined;
}
