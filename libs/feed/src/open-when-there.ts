/** Waits for a store that starts later than this process, e.g. after a power failure or when everything starts at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreOpenError } from './errors.js';
import type { Store } from './feed.types.js';
import { openStore, type StoreLocation } from './open.js';

/** Options for waiting until a store can be opened. */
export interface Patience {
  /** Maximum waiting time in milliseconds. */
  for: number;
  /** Ends the waiting early. */
  stop: AbortSignal;
  /** Called before each retry with the error and the delay in milliseconds. */
  onWait: (error: StoreOpenError, pause: number) => void;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

/**
 * Opens a store, and retries with exponential back-off while the error is transient.
 * @returns `undefined` when the signal ended the waiting
 * @throws StoreOpenError when the waiting time is over, or at once when the error is not transient, e.g. a wrong password
 */
export async function openStoreWhenThere(
  location: string | StoreLocation,
  patience: Patience,
): Promise<Store | undefined> {
  const until = performance.now() + patience.for;
  for (let pause = FIRST_PAUSE; !patience.stop.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    try {
      return await openStore(location);
    } catch (error) {
      const left = until - performance.now();
      if (!(error instanceof StoreOpenError) || !error.passes || left <= 0) throw error;
      const rest = Math.min(pause, left);
      patience.onWait(error, rest);
      await sleep(rest, undefined, { signal: patience.stop }).catch(() => undefined);
    }
  }
  return undefined;
}
