/** Determines the verdict of a leg. */
import type { Break, BreakState } from '../breaks/break.types.js';
import type { LegSummary, LegVerdict } from './leg.types.js';

export type BreakCounts = Partial<Record<BreakState, number>>;

export interface SummarizedLeg {
  leg: LegSummary;
  /** The reasons why the leg makes the whole run incomplete. */
  problems: string[];
}

export interface LegFacts {
  /** The reasons why the leg proves nothing. */
  incomplete: readonly string[];
  /** The reasons why the leg will only be certain later. */
  pending: readonly string[];
  breaks: BreakCounts;
  /** The verdict if there are no reasons and no breaks: `reconciled` if something was compared. */
  otherwise: 'reconciled' | 'not-checked' | 'not-configured';
}

export function toLegVerdict({ incomplete, pending, breaks, otherwise }: LegFacts): LegVerdict {
  if (incomplete.length > 0) return 'incomplete';
  if ((breaks.open ?? 0) > 0) return 'breaks';
  return pending.length > 0 || (breaks.pending ?? 0) > 0 ? 'pending' : otherwise;
}

/** Counts breaks by state. The sequence of the states is fixed, so that a repeated run gives the same bytes. */
export function countStates(breaks: readonly Pick<Break, 'state'>[]): BreakCounts {
  const counts: BreakCounts = {};
  for (const { state } of breaks) counts[state] = (counts[state] ?? 0) + 1;
  return sortStates(counts);
}

export function sortStates({ open, pending, accepted }: BreakCounts): BreakCounts {
  return {
    ...(open !== undefined && { open }),
    ...(pending !== undefined && { pending }),
    ...(accepted !== undefined && { accepted }),
  };
}
