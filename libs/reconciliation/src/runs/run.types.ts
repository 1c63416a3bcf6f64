/** A run: one comparison of both sides of a policy at fixed positions, and its result. */
import type { BreakClass, BreakState } from '../breaks/break.types.js';
import type { ItemCuts } from '@tributary/feed';
import type { GroupMatch } from '../matching/match-group.js';

/**
 * `reconciled`: every item is matched or accepted. `pending`: what is left is within the grace. `breaks`: at least one break is open.
 * `incomplete`: the data cannot prove anything, because a source is behind or a sum is wrong.
 */
export const VERDICTS = ['reconciled', 'pending', 'breaks', 'incomplete'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Everything that a run follows from, besides the items. The same inputs give the same bytes. */
export interface RunInputs {
  cuts: ItemCuts & { events: number };
  /** RFC 3339. The grace of items is measured at this time. */
  asOf: string;
  /** The run before of the same policy. */
  previous?: string;
  observations: Observations;
}

/** What was seen outside the items when the cuts were made. Amounts are decimal digits, as the PSP counts them. */
export interface Observations {
  psp: PspObservation[];
  /** Absent when the ledger could not be read. */
  ledger?: { account: string; asset: string; balance: string }[];
  /** Why the data is incomplete. */
  problems: string[];
  /** Checks that could not be made, and why. They do not change the verdict. */
  notMade: string[];
}

/** The sum of the rows of an account, which the store keeps at every append, and its opening balance. */
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
  /** `difference` minus `tolerated` minus all of `explained`. Anything but 0 makes the run incomplete. */
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
  /** Why the verdict is `incomplete`. */
  problems: string[];
  /** Checks that could not be made, and why. */
  notMade: string[];
  /** The equation that the run checked, in words. */
  equation: string;
  balances: BalanceLine[];
  matches: MatchCount[];
  /** Number of breaks by class and state. */
  classes: Partial<Record<BreakClass, Partial<Record<BreakState, number>>>>;
  /** What has to be booked for the tolerated differences. */
  tolerated: { address: string; asset: string; amount: string }[];
  /** Links that no longer hold, because the sums of their items differ now. */
  lapsedLinks: number[];
  breaks: {
    count: number;
    new: number;
    sha256: string;
    /** Time of the oldest item of an open break, RFC 3339; absent without open breaks. */
    oldestOpen?: string;
  };
  /** Breaks of the run before that are gone. */
  resolved: { count: number; ids: string[] };
}
