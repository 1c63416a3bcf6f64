/** Verifies the chain of hashes of the audit trail. A wrong hash shows that an event was changed, removed or inserted. */
import { hashEvent, type ReconciliationRepository } from '@tributary/feed';

const BATCH_EVENTS = 1000;

/**
 * Verifies all events.
 * @returns the number of events, and the first problem or `undefined`
 */
export async function verifyEvents(
  repository: ReconciliationRepository,
): Promise<{ events: number; problem: string | undefined }> {
  let previous = { seq: 0, hash: '' };
  for (;;) {
    const batch = await repository.readEvents(previous.seq, BATCH_EVENTS);
    if (batch.length === 0) return { events: previous.seq, problem: undefined };
    for (const { seq, body, hash } of batch) {
      const problem = findProblem(seq, body, hash, previous);
      if (problem !== undefined) return { events: previous.seq, problem };
      previous = { seq, hash };
    }
  }
}

function findProblem(
  seq: number,
  body: string,
  hash: string,
  previous: { seq: number; hash: string },
): string | undefined {
  if (seq !== previous.seq + 1) return `event ${previous.seq + 1} is missing: the next one is ${seq}`;
  if (hashEvent(previous.hash, body) !== hash)
    return `event ${seq} was changed: its hash is not that of its content`;
  return undefined;
}
