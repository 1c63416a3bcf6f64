/** Reports which streams to pull when the directory changes. */
import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { STREAMS } from '@tributary/connector-api';
import type { Stream } from '@tributary/connector-api';

/**
 * The time in ms that must pass after a change before it is reported (debounce time). A file arrives in many small writes, which are then
 * reported as one change.
 */
const DEBOUNCE_MS = 500;

/**
 * Yields the streams to pull after a change. The generator ends when the signal is aborted, or if the system cannot watch the directory. It
 * never throws.
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
