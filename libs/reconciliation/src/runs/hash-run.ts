/** Calculates the hashes of a run and of its breaks. A changed hash reveals a change of the run's inputs or result. */
import { createHash, type Hash } from 'node:crypto';
import type { StoredBreak } from '@tributary/feed';

/** Hashes the inputs and the result of a run. The summary contains the hash of the breaks. */
export function hashRun(inputs: string, summary: string): string {
  return createHash('sha256').update(inputs).update(summary).digest('hex');
}

/** Adds a break to the hash of a run's breaks. The breaks must be added in the sequence of their ids. */
export function addBreakToHash(hash: Hash, { class: name, state, body }: StoredBreak): void {
  hash.update(`${name} ${state} ${body}\n`);
}
