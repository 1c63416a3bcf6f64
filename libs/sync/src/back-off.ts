/** Calculates retry delays: exponential back-off with jitter, and special delays for rate limits and rejected credentials. */
import { PspError, UnavailableError } from '@tributary/connector-api';
import type { SyncContext } from './context.js';

/** Upper limit of a PSP's `Retry-After`. The longest real values are those of daily quotas. */
const LONGEST_RETRY_AFTER = 24 * 3600 * 1000;

/** Upper limit while the store is unavailable. A database returns within seconds or minutes, and a retry costs little. */
const LONGEST_WITHOUT_STORE = 15_000;

/**
 * Returns the delay before the next attempt, in milliseconds.
 * @param failures number of consecutive failures, including this one
 */
export function backOff(error: unknown, failures: number, { limits, random }: SyncContext): number {
  const grown = Math.min(limits.longestBackOff, limits.firstBackOff * 2 ** Math.min(failures - 1, 30));
  const exponential = grown * (0.5 + random() / 2);
  // The store failed, not the PSP. It becomes available for all streams at the same time.
  if (error instanceof UnavailableError) return Math.min(exponential, LONGEST_WITHOUT_STORE);
  if (!(error instanceof PspError)) return exponential;
  switch (error.kind) {
    case 'unauthorized':
      return limits.unauthorizedBackOff * (0.9 + random() / 10);
    case 'rate-limited': {
      const asked = Math.min(error.details.retryAfter ?? 0, LONGEST_RETRY_AFTER);
      return Math.max(asked * (1 + random() / 10), exponential);
    }
    case 'rejected':
    case 'unavailable':
    case 'unknown-outcome':
      return exponential;
  }
}

/** Changes a period by up to 5 % in both directions, so that connectors that started together drift apart. */
export function jittered(period: number, random: () => number): number {
  return period * (0.95 + random() / 10);
}
