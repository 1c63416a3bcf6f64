/** A run: one comparison of both sides of a policy at fixed positions, and its result. */
import type { BreakClass, BreakState } from '../breaks/break.types.js';
import type { ItemCuts } from '@tributary/feed';
import type { GroupMatch } from '../matching/match-group.js';

/**
 * `reconciled`: every item is matched or accepted. `pending`: all remaining items are within the grace. `breaks`: at least one break is
 * open. `incomplete`: the data proves nothing, because a source is behind or a sum is wrong.
 */
export const VERDICTS = ['reconciled', 'pending', 'breaks', 'incomplete'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** All inputs of a run besides the items. The same inputs give the same bytes. */
export interface RunInputs {
  cuts: ItemCuts & { events: number };
  /** RFC 3339. The reference time for the grace of items. */
  asOf: string;
  /** The id of the previous run of the same policy. */
  previous?: string;
  observations: Observations;
}

/** Data from outside the items, observed when the cuts were determined. Amounts are decimal digits with the sign of the PSP. */
export interface Observations {
  psp: PspObservation[];
  /** Absent when the ledger could not be read. */
  ledger?: { account: string; asset: string; balance: string }[];
  /** The reasons why the data is incomplete. */
  problems: string[];
  /** Checks that were not possible, and the reasons. They do not change the verdict. */
  notMade: string[];
}

/** The sum of the rows of an account, which the store updates at every append, and the opening balance of the account. */
export interface PspObservation {
  account: string;
  asset: string;
  rows: string;
  /** Balance before the first row; absent when it is unknown. */
  opening?: string;
}

export interface BalanceLine {
  account: string;
  /** Address of the ledger account. */
  address: string;
  asset: string;
  /** Sums of the items at the cuts. */
  psp: string;
  ledger: string;
  /** Number of the items that moved money. */
  rows: number;
  bookings: number;
  /** `psp` minus `ledger`. */
  difference: string;
  /** Differences that the rule `tolerance` allowed. */
  tolerated: string;
  /** Differences of the breaks, by class. */
  explained: Partial<Record<BreakClass, string>>;
  /** `difference` minus `tolerated` minus all amounts in `explained`. If it is not 0, the verdict is `incomplete`. */
  residual: string;
  /** Balance before the first row of the PSP; absent when it is unknown. */
  opening?: string;
}

export interface MatchCount {
  /** Index of the rule; -1 for links that people made. */
  rule: number;
  kind: GroupMatch['kind'];
  matches: number;
  rows: number;
  bookings: number;
}

export interface RunSummary {
  policy: string;
  policyId: string;
  verdict: Verdict;
  /** The reasons for the verdict `incomplete`. */
  problems: string[];
  /** Checks that were not possible, and the reasons. */
  notMade: string[];
  /** The equation that the run checked, in words. */
  equation: string;
  balances: BalanceLine[];
  matches: MatchCount[];
  /** Number of breaks by class and state. */
  classes: Partial<Record<BreakClass, Partial<Record<BreakState, number>>>>;
  /** The amounts to book for the tolerated differences. */
  tolerated: { address: string; asset: string; amount: string }[];
  /** Links that are no longer valid, because the sums of their items now differ. */
  lapsedLinks: number[];
  breaks: {
    count: number;
    new: number;
    sha256: string;
    /** Time of the oldest item of an open break, RFC 3339; absent without open breaks. */
    oldestOpen?: string;
  };
  /** Breaks of the previous run that no longer exist. */
  resolved: { count: number; ids: string[] };
}
