/**
 * Repeats within one call, for requests that may be repeated. Back-off between calls belongs to the wrapper around every plugin call; but
 * a page of a plugin's can take many requests (a journal that is listed newest first), which one lost answer should not throw away.
 */
import { PspError } from '../errors.js';
import type { Retries } from './http-options.js';
import type { Exchange, Failure } from './transport.js';

const ATTEMPTS = 3;
const LONGEST_WAIT = 5_000;
const FIRST_WAIT = 250;

/** @returns the milliseconds to wait before the next attempt; `undefined` when there shall be none. */
export function pauseBefore(
  attempt: number,
  { result }: { result: Exchange | Failure },
  error: unknown,
  { attempts = ATTEMPTS, longestWait = LONGEST_WAIT }: Retries = {},
): number | undefined {
  if (attempt >= attempts || !(error instanceof PspError)) return undefined;
  if (error.kind !== 'unavailable' && error.kind !== 'rate-limited') return undefined;
  // A PSP that is slow gets no further load; the caller's own deadline is near, too.
  if ('late' in result && result.late) return undefined;
  const pause = error.details.retryAfter ?? FIRST_WAIT * 4 ** (attempt - 1);
  return pause <= longestWait ? pause : undefined;
}
