/** The hash of a run, by which a change of its inputs or its result is found. */
import { createHash } from 'node:crypto';

/** Hashes what a run follows from and what it says. The summary contains the hash of the breaks. */
export function hashRun(inputs: string, summary: string): string {
  return createHash('sha256').update(inputs).update(summary).digest('hex');
}
