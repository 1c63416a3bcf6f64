/** Writes a heartbeat into the store at regular intervals, so that a process notices within seconds that the store was replaced or restored. */
import type { Store } from '../types/store.types.js';

const HEARTBEAT_INTERVAL_MS = 5_000;

/**
 * Starts to write the heartbeat. It ends with `stop()`, or when a change of the store was found.
 * @returns the function `stop`
 */
export function startHeartbeat(store: Store, intervalMs = HEARTBEAT_INTERVAL_MS): () => void {
  let hasEnded = false;
  let timer = schedule();
  store.onChange(stop);
  return stop;

  function schedule(): NodeJS.Timeout {
    return setTimeout(() => void beat(), intervalMs).unref();
  }

  async function beat(): Promise<void> {
    // A failed heartbeat is ignored, because a store that does not respond may be unchanged. `onChange` reports a change.
    await store.writeHeartbeat().catch(() => undefined);
    if (!hasEnded) timer = schedule();
  }

  function stop(): void {
    hasEnded = true;
    clearTimeout(timer);
  }
}
