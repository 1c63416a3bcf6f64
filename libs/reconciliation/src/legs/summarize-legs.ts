/** Summarizes the three legs of a run. */
import type { BreakTotals } from '../breaks/break-totals.js';
import type { Policy } from '../policy/policy.types.js';
import type { RunInputs } from '../runs/run.types.js';
import { summarizeFeedLeg } from './feed-leg.js';
import type { LegSummary } from './leg.types.js';
import { sortStates, toLegVerdict, type SummarizedLeg } from './leg-verdict.js';
import { summarizePaymentsLeg } from './payments-leg.js';

/**
 * Returns the legs in the sequence in which money moves along them.
 * @param ledgerProblems the reasons why the comparison with the ledger proves nothing
 * @returns an empty list for a run of an earlier release, which did not observe the other legs
 */
export function summarizeLegs(
  policy: Policy,
  { cuts, asOf, observations: { legs } }: RunInputs,
  breaks: BreakTotals,
  ledgerProblems: readonly string[],
): SummarizedLeg[] {
  if (!legs) return [];
  const asOfMs = Date.parse(asOf);
  const breaksOf = (leg: 'feed' | 'payments') => breaks.legBreaks.filter((each) => each.leg === leg);
  const ledger: LegSummary = {
    leg: 'ledger',
    verdict: toLegVerdict({
      ...{ incomplete: ledgerProblems, pending: [], breaks: breaks.ledgerStates, otherwise: 'reconciled' },
    }),
    reasons: [...ledgerProblems],
    breaks: sortStates(breaks.ledgerStates),
    positions: [
      {
        ...{ source: policy.ledger, position: cuts.ledger },
        text: `compared up to transaction ${cuts.ledger}`,
      },
    ],
  };
  return [
    summarizeFeedLeg(legs.feed, breaksOf('feed'), asOfMs),
    summarizePaymentsLeg(legs.payments, cuts.feeds, breaksOf('payments'), {
      ...{ asOf: asOfMs, graceMs: policy.grace.bookingMs },
    }),
    { leg: ledger, problems: [...ledgerProblems] },
  ];
}
