/** Repeats a check until it finds no problem, or until the time is over. */
import { setTimeout as sleepFor } from 'node:timers/promises';

const INTERVAL_MS = 1000;

export interface WaitEnvironment {
  now: () => number;
  sleep: (milliseconds: number) => Promise<unknown>;
}

/**
 * Repeats a check until there is no problem.
 * @param findProblems returns the problems; if it throws, the error counts as a problem, because a service that has just started may not
 * respond yet
 * @returns the problems of the last check; empty if the check passed
 */
export async function waitUntilSolved(
  findProblems: () => Promise<readonly string[]>,
  timeoutMs: number,
  { now, sleep }: WaitEnvironment = { now: Date.now, sleep: sleepFor },
): Promise<readonly string[]> {
  const end = now() + timeoutMs;
  for (;;) {
    const problems = await findProblems().catch((error: unknown) => [
      error instanceof Error ? error.message : String(error),
    ]);
    if (problems.length === 0 || now() >= end) return problems;
    await sleep(INTERVAL_MS);
  }
}
