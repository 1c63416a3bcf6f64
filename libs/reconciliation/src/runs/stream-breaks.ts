/** Reads the breaks of a run in batches. */
import type { ReconciliationRepository, StoredBreak } from '@tributary/feed';
import { yieldToEventLoop } from './yield-to-event-loop.js';

const BATCH_BREAKS = 500;

/** Returns the breaks of a run, sorted by id. */
export async function* streamBreaks(
  repository: ReconciliationRepository,
  runId: string,
): AsyncGenerator<StoredBreak> {
  let after = '';
  for (;;) {
    const batch = await repository.readBreaks(runId, after, BATCH_BREAKS);
    await yieldToEventLoop();
    yield* batch;
    const last = batch.at(-1);
    if (!last) return;
    after = last.id;
  }
}
