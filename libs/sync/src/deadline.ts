import type { Clock } from './clock.js';

interface Bounds {
  clock: Clock;
  /** Milliseconds; none: as long as it takes. */
  deadline: number | undefined;
  /** What to throw when the time is over. */
  late: () => Error;
  signal?: AbortSignal;
}

/** The result of `work`, unless its time is over or the signal is aborted first; what it does afterwards is of no interest. */
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
