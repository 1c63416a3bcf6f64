/**
 * Retries of idempotent requests within one call of a plugin. The gateway does the back-off between calls. But one page of a plugin can
 * need many requests (e.g. a journal that the PSP lists newest first), and one lost response should not discard all of them.
 */
import { PspError } from '../errors.js';
import type { Retries } from './http-options.js';
import type { Exchange, Failure } from './transport.js';

const ATTEMPTS = 3;
const LONGEST_WAIT = 5_000;
const FIRST_WAIT = 250;

/** Returns the delay in milliseconds before the next attempt. @param attempt counts from 1 @returns `undefined` if there is no next attempt */
export function pauseBefore(
  attempt: number,
  { result }: { result: Exchange | Failure },
  error: unknown,
  { attempts = ATTEMPTS, longestWait = LONGEST_WAIT }: Retries = {},
): number | undefined {
  if (attempt >= attempts || !(error instanceof PspError)) return undefined;
  if (error.kind !== 'unavailable' && error.kind !== 'rate-limited') return undefined;
  // A slow PSP gets no additional load. Besides, the caller's own timeout is near.
  if ('late' in result && result.late) return undefined;
  const pause = error.details.retryAfter ?? FIRST_WAIT * 4 ** (attempt - 1);
  return pause <= longestWait ? pause : undefined;
}
