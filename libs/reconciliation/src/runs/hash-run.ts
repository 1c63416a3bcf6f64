/**
 * Calculates the hash of a run and the hash of its breaks. If the inputs or the result of a run are changed later, the hash no longer
 * agrees.
 */
import { createHash, type Hash } from 'node:crypto';
import type { StoredBreak } from '@tributary/feed';

/** Hashes the inputs and the summary of a run. The summary contains the hash of the breaks, so the result covers them too. */
export function hashRun(inputs: string, summary: string): string {
  return createHash('sha256').update(inputs).update(summary).digest('hex');
}

/** Adds a break to the hash of a run's breaks. The caller must add the breaks in the sequence of their ids. */
export function addBreakToHash(hash: Hash, { class: name, state, body }: StoredBreak): void {
  hash.update(`${name} ${state} ${body}\n`);
}
