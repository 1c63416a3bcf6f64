/** The types of a run. A run compares both sides of a policy once, at fixed positions of the sources, and stores the result. */
import type { BreakClass, BreakState } from '../breaks/break.types.js';
import type { ItemCuts } from '@tributary/feed';
import type { LegObservations, LegSummary } from '../legs/leg.types.js';
import type { GroupMatch } from '../matching/match-key-group.js';
import type { Verdict } from './verdict.js';

/** All inputs of a run besides the items. A run that is repeated with the same inputs gives the same bytes. */
export interface RunInputs {
  cuts: ItemCuts & { events: number };
  /** RFC 3339. The time at which the run determines whether the grace period of an item has passed. */
  asOf: string;
  /** The id of the previous run of the same policy. */
  previous?: string;
  observations: Observations;
}

/**
 * Balances and sums that the run compares with the sums of its items. They are read when the cuts are determined. Amounts are decimal
 * digits with the sign of the PSP.
 */
export interface Observations {
  psp: PspObservation[];
  /** The balances of the ledger accounts. The property is absent when the ledger could not be read. */
  ledger?: { account: string; asset: string; balance: string }[];
  /** The reasons why the data is incomplete. If there is one, the verdict is `incomplete`. */
  problems: string[];
  /** The checks that were not possible, and the reasons. They do not change the verdict. */
  notMade: string[];
  /** The observations of the other two legs. Runs of earlier releases do not have them. */
  legs?: LegObservations;
}

/** The sum of an account's rows, as the store counts it at every append, and the balance before the first row. */
export interface PspObservation {
  account: string;
  asset: string;
  rows: string;
  /** The balance before the first row; absent when it is unknown. */
  opening?: string;
}

export interface BalanceLine {
  account: string;
  /** Address of the ledger account. */
  address: string;
  asset: string;
  /** The sum of the PSP's items at the cuts of the run. */
  psp: string;
  ledger: string;
  /** The number of the PSP's items that moved money. */
  rows: number;
  bookings: number;
  /** `psp` minus `ledger`. */
  difference: string;
  /** The sum of the differences that the rule `tolerance` allowed. */
  tolerated: string;
  /** The sum of the differences of the breaks, by class. */
  explained: Partial<Record<BreakClass, string>>;
  /**
   * The difference that nothing explains: `difference` minus `tolerated` minus all amounts in `explained`. If it is not 0, the verdict is
   * `incomplete`.
   */
  residual: string;
  /** The account's balance before the first row of the PSP; absent when it is unknown. */
  opening?: string;
}

export interface MatchCount {
  /** The index of the rule; -1 for links that people made. */
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
  /** The checks that were not possible, and the reasons. */
  notMade: string[];
  /** The equation that the run checked, in words. */
  equation: string;
  balances: BalanceLine[];
  matches: MatchCount[];
  /** The number of breaks by class and state. */
  classes: Partial<Record<BreakClass, Partial<Record<BreakState, number>>>>;
  /** The amounts that must be booked for the differences that the rule `tolerance` allowed. */
  tolerated: { address: string; asset: string; amount: string }[];
  /** The sequence numbers of the links that are no longer valid, because the sums of their items now differ. */
  lapsedLinks: number[];
  breaks: {
    count: number;
    new: number;
    sha256: string;
    /** The time of the oldest item of all open breaks, RFC 3339. The property is absent if no break is open. */
    oldestOpen?: string;
  };
  /** The verdicts of the three legs. Runs of earlier releases do not have them. */
  legs?: LegSummary[];
  /** The breaks of the previous run that no longer exist. */
  resolved: { count: number; ids: string[] };
}
