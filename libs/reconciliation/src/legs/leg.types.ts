/**
 * The types of the legs of a run. The money moves along three legs: from the PSP to the gateway's feed, from the feed to Formance Payments,
 * and from the feed to the ledger. Each leg has a verdict of its own.
 */
import type { BalanceCounts, DeliveryCounts, DeliveryDifference } from '@tributary/formance';
import type { BreakState } from '../breaks/break.types.js';
import { VERDICTS } from '../runs/verdict.js';

/**
 * `feed`: the feed contains every movement that the balances of the PSP show. `payments`: Formance Payments has every row of the feed.
 * `ledger`: the ledger has a booking for every row of the feed, and no other booking.
 */
export const LEGS = ['feed', 'payments', 'ledger'] as const;
export type Leg = (typeof LEGS)[number];

/** The names of the legs in reports. */
export const LEG_TITLES: Readonly<Record<Leg, string>> = {
  feed: 'PSP to feed',
  payments: 'Feed to Formance Payments',
  ledger: 'Feed to ledger',
};

/**
 * `not-checked`: no balance could be compared, so the leg proves nothing, or the leg was not requested. `not-configured`: the deployment
 * file has no Formance for the connectors, or the policy excludes the leg. Both verdicts leave the verdict of the run unchanged.
 */
export const LEG_VERDICTS = [...VERDICTS, 'not-checked', 'not-configured'] as const;
export type LegVerdict = (typeof LEG_VERDICTS)[number];

export interface LegSummary {
  leg: Leg;
  verdict: LegVerdict;
  /** The reasons for the verdict as sentences, and the parts of the leg that were not checked. */
  reasons: string[];
  /** The number of the leg's breaks by state. */
  breaks: Partial<Record<BreakState, number>>;
  positions: LegPosition[];
}

/** The position up to which a leg was compared in one source. */
export interface LegPosition {
  /** The account and asset, the connector, or the ledger. */
  source: string;
  /** The row of the feed or the transaction of the ledger; absent if nothing was compared. */
  position?: number;
  /** A description of the comparison for people. */
  text: string;
}

/** The data of the legs `feed` and `payments` at the moment at which the run determined its cuts. The run's result depends only on it. */
export interface LegObservations {
  feed: FeedObservation;
  payments: DeliveryObservation[];
}

export interface FeedObservation {
  /** The reasons why the feeds of the policy are incomplete, except gaps. */
  problems: string[];
  accounts: AccountObservation[];
}

/**
 * The state of the completeness check of one account in one asset. `complete`: the balance at the PSP equals the opening balance plus the
 * rows. `gap`: it differs, and reading the rows again did not change this. `suspect`: the last balance differed, and the check is not
 * finished. `not-checked`: no balance was compared, or the opening balance is not
 * proven yet.
 */
export type AccountObservation = {
  connector: string;
  /** The name of the account in the policy: `house-bank/main`. */
  account: string;
} & (
  | { kind: 'complete'; asset: string; position: number; at: string }
  | { kind: 'gap'; asset: string; amount: string; since: string }
  | { kind: 'suspect'; asset: string; since: string }
  | { kind: 'not-checked'; asset?: string; reason: string }
);

/**
 * The result of the comparison of a connector's rows with Formance Payments. `failed`: the comparison has no result, e.g. because Payments
 * did not respond.
 */
export type DeliveryObservation = { connector: string } & (
  { kind: 'not-configured' | 'not-requested' | 'failed'; reason: string } | ComparedDelivery
);

export interface ComparedDelivery {
  kind: 'compared';
  /** The last row that was served to Formance. */
  position: number;
  /** The time of Formance's last request for transactions, RFC 3339. */
  requestedAt: string;
  counts: DeliveryCounts & BalanceCounts;
  /** The first differences, at most `MAX_LISTED_DIFFERENCES`. */
  differences: DeliveryDifference[];
  differenceCount: number;
}

/** The maximum number of differences of one connector that a run stores. If there are more, the leg is incomplete. */
export const MAX_LISTED_DIFFERENCES = 1000;

/** Sources of the legs `feed` and `payments`. */
export interface LegSources {
  /** The reasons why the balances of some connectors cannot be compared with their rows, by connector. */
  incomparable?: ReadonlyMap<string, string>;
  /**
   * Compares the rows of a connector with Formance Payments. A run calls the function once for each connector. Without the function, the
   * leg is not configured. The function does not throw if Payments does not respond, but returns `failed`.
   */
  compareWithPayments?: (connector: string) => Promise<DeliveryObservation>;
}
