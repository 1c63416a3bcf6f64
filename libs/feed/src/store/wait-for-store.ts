/**
 * Waits until a store can be opened. A store may become available later than this process, e.g. after a power failure, or when all services
 * start at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreOpenError } from '../database/store-errors.js';
import type { OnMigrationProgress } from '../migrations/migrate.js';
import type { Store } from '../types/store.types.js';
import { openStore, type StoreLocation } from './open-store.js';

/** Options for waiting until a store can be opened. */
export interface StoreWaitOptions {
  /** The maximum time to wait, in milliseconds. */
  timeoutMs: number;
  /** Aborting this signal ends the wait early. */
  signal: AbortSignal;
  /** Called before each retry with the error and the delay in milliseconds. */
  onRetry: (error: StoreOpenError, pause: number) => void;
  /** Called while the tables are migrated, with a message for the operator. The migration may take longer than `timeoutMs`. */
  onMigrationProgress?: OnMigrationProgress;
}

const INITIAL_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;

/**
 * Opens a store. While the error is temporary, the function tries again with growing delays.
 * @returns `undefined` when the signal ended the wait
 * @throws StoreOpenError when the time is over, or at once when the error is not temporary, e.g. a wrong password
 */
export async function openStoreWithRetry(
  location: string | StoreLocation,
  options: StoreWaitOptions,
): Promise<Store | undefined> {
  const deadline = performance.now() + options.timeoutMs;
  for (
    let delayMs = INITIAL_DELAY_MS;
    !options.signal.aborted;
    delayMs = Math.min(2 * delayMs, MAX_DELAY_MS)
  ) {
    try {
      return await openStore(location, undefined, options.onMigrationProgress);
    } catch (error) {
      const remainingMs = deadline - performance.now();
      if (!(error instanceof StoreOpenError) || !error.isTransient || remainingMs <= 0) throw error;
      const nextDelayMs = Math.min(delayMs, remainingMs);
      options.onRetry(error, nextDelayMs);
      await sleep(nextDelayMs, undefined, { signal: options.signal }).catch(() => undefined);
    }
  }
  return undefined;
}
