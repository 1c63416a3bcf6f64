/**
 * Waits until the operating system has accepted all output of the process. If the reader of a pipe is slower than the program, writes are
 * asynchronous, and `process.exit` would discard the rest.
 */
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until standard output and standard error are written.
 * @param timeoutMs maximum time to wait in milliseconds; without it, the function waits until the reader has read everything
 * @returns false if the time has passed and some output is not written
 */
export async function drainOutput(timeoutMs?: number): Promise<boolean> {
  const drained = Promise.all([process.stdout, process.stderr].map(drainStream)).then(() => true);
  return timeoutMs === undefined ? drained : Promise.race([drained, sleep(timeoutMs, false)]);
}

/**
 * Waits until a stream is written. Writes end in their sequence, so all earlier writes have ended when an empty write has ended. A failed
 * write also ends the wait.
 */
function drainStream(stream: Writable): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
