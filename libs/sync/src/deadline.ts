/** Limits the time that the caller waits for a promise. */
import type { Clock } from './clock.js';

interface Bounds {
  clock: Clock;
  /** Timeout in milliseconds. `undefined` means no timeout. */
  deadline: number | undefined;
  /** Creates the error that is thrown after the timeout. */
  late: () => Error;
  signal?: AbortSignal;
}

/**
 * Returns the result of `work`. A result or an error that comes after the timeout or the abort is ignored.
 * @throws the error of `createTimeoutError` after the timeout; the signal's reason when it is aborted first
 */
export function withDeadline<T>(work: Promise<T>, { clock, deadline, late, signal }: Bounds): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => {
      cancel?.();
      signal?.removeEventListener('abort', onAbort);
    };
    const fail = (error: Error) => {
      end();
      reject(error);
    };
    const onAbort = () => fail(signal?.reason as Error);
    const cancel = deadline === undefined ? undefined : clock.after(deadline, () => fail(late()));
    work.then((value) => {
      end();
      resolve(value);
    }, fail);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
