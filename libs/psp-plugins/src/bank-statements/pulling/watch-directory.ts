/** Reports which streams to pull when the directory changes. */
import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { STREAMS } from '@tributary/connector-api';
import type { Stream } from '@tributary/connector-api';

/** Debounce time. A file arrives in many small writes, which are reported as one change. */
const DEBOUNCE_MS = 500;

/**
 * Yields the streams to pull after a change. Ends when the signal is aborted, or when the system cannot watch the directory. Never throws.
 */
export async function* watchDirectory(directory: string, signal: AbortSignal): AsyncGenerator<Stream[]> {
  let watcher: FSWatcher;
  try {
    watcher = watch(directory, { signal });
  } catch {
    return;
  }
  let open = true;
  let change = Promise.withResolvers<void>();
  const end = (): void => {
    open = false;
    change.resolve();
  };
  watcher.on('change', () => change.resolve());
  watcher.on('error', end);
  watcher.on('close', end);
  try {
    while (open) {
      await change.promise;
      await setTimeout(DEBOUNCE_MS, undefined, { signal }).catch(() => undefined);
      if (!open || signal.aborted) return;
      change = Promise.withResolvers<void>();
      yield [...STREAMS];
    }
  } finally {
    watcher.close();
  }
}
