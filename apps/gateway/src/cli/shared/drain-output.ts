/**
 * Waits until the system has accepted everything that the process wrote. Writes to a pipe are asynchronous when the reader is slower than
 * the program, so `process.exit` would discard the rest.
 */
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for standard output and standard error.
 * @param timeoutMs maximum time to wait in milliseconds; without it, the function waits for as long as the reader needs
 * @returns false if the time has passed and some output is not written
 */
export async function drainOutput(timeoutMs?: number): Promise<boolean> {
  const drained = Promise.all([process.stdout, process.stderr].map(drainStream)).then(() => true);
  return timeoutMs === undefined ? drained : Promise.race([drained, sleep(timeoutMs, false)]);
}

/** Writes end in their order, so the end of an empty write is the end of all earlier writes. A failed write also ends the wait. */
function drainStream(stream: Writable): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
