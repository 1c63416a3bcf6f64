/** The hashes of a run and of its breaks, by which a change of its inputs or its result is found. */
import { createHash, type Hash } from 'node:crypto';
import type { StoredBreak } from '@tributary/feed';

/** Hashes what a run follows from and what it says. The summary contains the hash of the breaks. */
export function hashRun(inputs: string, summary: string): string {
  return createHash('sha256').update(inputs).update(summary).digest('hex');
}

/** Adds a break to the hash of the breaks of a run, which are added in the sequence of their ids. */
export function addBreakToHash(hash: Hash, { class: name, state, body }: StoredBreak): void {
  hash.update(`${name} ${state} ${body}\n`);
}
