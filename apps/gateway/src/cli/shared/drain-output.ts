/**
 * Waits until the system has taken everything that the process wrote. Writes to a pipe are asynchronous when the reader is slower than
 * the program, so `process.exit` would discard the rest.
 */
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for standard output and standard error.
 * @param timeoutMs maximum time to wait in milliseconds; without it, the function waits for as long as the reader needs
 * @returns false if the time is over and something is left
 */
export async function drainOutput(timeoutMs?: number): Promise<boolean> {
  const drained = Promise.all([process.stdout, process.stderr].map(drainStream)).then(() => true);
  return timeoutMs === undefined ? drained : Promise.race([drained, sleep(timeoutMs, false)]);
}

/** Writes are taken in their order, so the end of an empty write is the end of all earlier ones. A failed write ends it, too. */
function drainStream(stream: Writable): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
