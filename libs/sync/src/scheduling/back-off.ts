/**
 * Calculates the delays between retries. They grow exponentially and have jitter. Rate limits and rejected credentials have their own
 * delays.
 */
import { PspError, GatewayUnavailableError } from '@tributary/connector-api';
import type { SyncContext } from '../sync-context.js';
import type { SyncLimits } from '../sync-limits.js';

/**
 * The maximum time in ms that a PSP's header `Retry-After` can request. A longer time is reduced to this value. The longest real values are
 * those of daily quotas.
 */
const MAX_RETRY_AFTER_MS = 24 * 3600 * 1000;

/**
 * The maximum delay in ms between retries while the store is unavailable. The delay is short, because a database is usually available again
 * within seconds or minutes, and a retry costs little.
 */
const MAX_STORE_BACK_OFF_MS = 15_000;

const UNAUTHORIZED_BACK_OFF_FACTOR = 4;
/** The maximum exponent, so that the power does not become infinite after many failures. */
const MAX_BACK_OFF_EXPONENT = 30;

/**
 * Returns the delay before the next attempt, in milliseconds.
 * @param failures number of consecutive failures, including this one
 */
export function calculateBackOffMs(
  error: unknown,
  failures: number,
  { limits, random }: SyncContext,
): number {
  const maxDelayMs = Math.min(
    limits.maxBackOffMs,
    limits.initialBackOffMs * 2 ** Math.min(failures - 1, MAX_BACK_OFF_EXPONENT),
  );
  const exponentialMs = maxDelayMs * (0.5 + random() / 2);
  // The store failed, not the PSP. The delay is short, so that all streams continue soon after the store is available again.
  if (error instanceof GatewayUnavailableError) return Math.min(exponentialMs, MAX_STORE_BACK_OFF_MS);
  if (!(error instanceof PspError)) return exponentialMs;
  switch (error.kind) {
    case 'unauthorized':
      return calculateUnauthorizedDelayMs(failures, limits) * (0.9 + random() / 10);
    case 'rate-limited': {
      const requestedMs = Math.min(error.details.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
      return Math.max(requestedMs * (1 + random() / 10), exponentialMs);
    }
    case 'rejected':
    case 'unavailable':
    case 'unknown-outcome':
      return exponentialMs;
  }
}

/**
 * Returns the delay after the PSP rejected the credentials. The first delays are short, because PSPs also reject valid credentials during
 * an incident or while they activate a new key. Later delays are long, because many PSPs block a key that fails repeatedly.
 */
function calculateUnauthorizedDelayMs(failures: number, limits: SyncLimits): number {
  const factor = UNAUTHORIZED_BACK_OFF_FACTOR ** Math.min(failures - 1, MAX_BACK_OFF_EXPONENT);
  return Math.min(limits.unauthorizedBackOffMs, limits.initialUnauthorizedBackOffMs * factor);
}

/** Changes a period by up to 5 % in both directions, so that connectors that started together are soon pulled at different times. */
export function addJitter(periodMs: number, random: () => number): number {
  return periodMs * (0.95 + random() / 10);
}
