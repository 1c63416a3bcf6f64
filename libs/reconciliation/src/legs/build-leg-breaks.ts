/** Builds the breaks of the legs `feed` and `payments` from the observations of a run. */
import type { ReconciliationRepository } from '@tributary/feed';
import type { Break } from '../breaks/break.types.js';
import type { Decisions } from '../events/read-decisions.js';
import type { RunInputs } from '../runs/run.types.js';
import { streamBreaks } from '../runs/stream-breaks.js';
import { listFeedDrafts } from './feed-leg.js';
import { buildLegBreak } from './leg-break.js';
import { listPaymentsDrafts } from './payments-leg.js';

/**
 * Builds the breaks. The previous run is read only if a break needs it.
 * @param policy the name of the policy
 */
export async function buildLegBreaks(
  repository: ReconciliationRepository,
  policy: string,
  { observations: { legs }, previous, asOf }: RunInputs,
  decisions: Decisions,
): Promise<Break[]> {
  if (!legs) return [];
  const isAnyFailed = legs.payments.some(({ kind }) => kind === 'failed');
  const carried = isAnyFailed && previous !== undefined ? await readBreaksOfLegs(repository, previous) : [];
  const findPrevious = async (id: string) => {
    const stored = previous === undefined ? undefined : await repository.findBreak(previous, id);
    return stored && (JSON.parse(stored.body) as Break);
  };
  const breaks: Break[] = [];
  for (const draft of [...listFeedDrafts(legs.feed), ...listPaymentsDrafts(legs.payments, carried)])
    breaks.push(await buildLegBreak(draft, { policy, asOf, decisions, findPrevious }));
  return breaks;
}

async function readBreaksOfLegs(repository: ReconciliationRepository, runId: string): Promise<Break[]> {
  const breaks: Break[] = [];
  for await (const { body } of streamBreaks(repository, runId)) {
    const found = JSON.parse(body) as Break;
    if (found.leg !== undefined) breaks.push(found);
  }
  return breaks;
}
