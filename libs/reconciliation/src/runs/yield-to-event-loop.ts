/**
 * Lets other work of the process run, e.g. the requests of a gateway. With SQLite, a query does not wait for anything, so a loop of queries
 * would otherwise stop the process until its end.
 */
import { setImmediate } from 'node:timers/promises';

/** Resolves after the event loop has handled the waiting timers and requests. A loop over batches calls this function once for each batch. */
export function yieldToEventLoop(): Promise<void> {
  return setImmediate();
}
