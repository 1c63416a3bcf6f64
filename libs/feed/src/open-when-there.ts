/** Opens a store that may come up later than we do, as after a failure of the power, or when everything is started at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreOpenError } from './errors.js';
import type { Store } from './feed.types.js';
import { openStore, type StoreLocation } from './open.js';

export interface Patience {
  /** Milliseconds after which whoever waits gives up. */
  for: number;
  /** Ends the waiting before. */
  stop: AbortSignal;
  /** Told before each pause why the store could not be opened, and how long the pause is. */
  onWait: (error: StoreOpenError, pause: number) => void;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

/**
 * @returns `undefined` when the waiting was stopped
 * @throws StoreOpenError at once for what does not pass by itself, e.g. a wrong password
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
