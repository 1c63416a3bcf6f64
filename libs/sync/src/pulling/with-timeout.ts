/** Limits the time that the caller waits for a promise. */
import type { Clock } from '../clock.js';

interface TimeoutOptions {
  clock: Clock;
  /** Timeout in milliseconds. With `undefined` there is no timeout. */
  timeoutMs: number | undefined;
  /** Creates the error that is thrown when the time is over. */
  createTimeoutError: () => Error;
  signal?: AbortSignal;
}

/**
 * Returns the result of `work`. A result or an error that arrives after the timeout or the abort is ignored.
 * @throws the error of `createTimeoutError` after the timeout
 * @throws the reason of the signal when it is aborted before the timeout
 */
export function withTimeout<T>(
  work: Promise<T>,
  { clock, timeoutMs, createTimeoutError, signal }: TimeoutOptions,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cleanUp = () => {
      cancelTimer?.();
      signal?.removeEventListener('abort', onAbort);
    };
    const fail = (error: Error) => {
      cleanUp();
      reject(error);
    };
    const onAbort = () => fail(signal?.reason as Error);
    const cancelTimer =
      timeoutMs === undefined ? undefined : clock.after(timeoutMs, () => fail(createTimeoutError()));
    work.then((value) => {
      cleanUp();
      resolve(value);
    }, fail);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
