/** When to try again after a failure: later and later, never all at the same moment, never at once. */
import { PspError, UnavailableError } from '@tributary/connector-api';
import type { SyncContext } from './context.js';

/** Daily quotas are the longest that PSPs ask for. */
const LONGEST_RETRY_AFTER = 24 * 3600 * 1000;

/** A database is back within seconds or minutes; asking for it costs little. */
const LONGEST_WITHOUT_STORE = 15_000;

/**
 * @param failures in a row, this one included
 * @returns milliseconds
 */
export function backOff(error: unknown, failures: number, { limits, random }: SyncContext): number {
  const grown = Math.min(limits.longestBackOff, limits.firstBackOff * 2 ** Math.min(failures - 1, 30));
  const exponential = grown * (0.5 + random() / 2);
  // It is not the PSP's fault, and over for all streams at once.
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

/** A period, give or take 5 %: connectors that started together drift apart. */
export function jittered(period: number, random: () => number): number {
  return period * (0.95 + random() / 10);
}
