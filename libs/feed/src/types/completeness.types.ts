/** Types of the completeness check: what the store keeps of each account, and what the check writes. Amounts are in minor units. */
import type { BalanceEffect, Cursor, DataWarning } from '@tributary/connector-api';

/** An effect of a row on a balance, and the time at which the PSP changed the balance (milliseconds since 1970). */
export interface TimedEffect extends BalanceEffect {
  at: number;
}

/** One account in one asset: the sum of its rows, and the state of its check. */
export interface AccountSum {
  /** The id as served, i.e. encoded. */
  accountId: string;
  asset: string;
  /**
   * Sum of the effects of all rows of the feed. If `Completeness.startsAtFirstRow` is false, the rows from before the upgrade are not
   * included.
   */
  total: bigint;
  check: AccountCheck;
}

/** The state of the check of one account in one asset. Times are milliseconds since 1970. */
export interface AccountCheck {
  /** The balance before the first row: balance = opening + sum of the rows. `undefined` before the first observation. */
  opening: bigint | undefined;
  /** Whether the opening is certain: zero by declaration, or the same in two observations. */
  isOpeningProven: boolean;
  /** The last observation that agreed with the rows, or with the rows and the known gap: its time, and the last row of the feed at that time. */
  agreed: { at: number; seq: number } | undefined;
  /** The observation that first disagreed. It is compared again with every row that comes later. */
  suspect: SuspectObservation | undefined;
  /** The difference that stayed after the re-read: balance minus (opening + rows). */
  gap: { amount: bigint; since: number } | undefined;
  /** When sync last read the span again because of a difference. */
  rereadAt: number | undefined;
}

/** An observed balance that did not agree with the rows. */
export interface SuspectObservation {
  at: number;
  balance: bigint;
  /** Sum of the rows that the PSP booked after `at`. They are not in `balance`. */
  after: bigint;
  /** Time of the first observation in the current series of observations that did not agree. */
  since: number;
}

/** A position of the feed from which its plugin can read again. */
export interface Checkpoint {
  seq: number;
  /** `undefined`: from the beginning. */
  cursor: Cursor | undefined;
}

/** What the check reads in one transaction. */
export interface CompletenessState {
  sums: readonly AccountSum[];
  /** Sequence number of the last row. */
  headSeq: number;
  /** Whether the sums contain the first row of the feed. They do not after an upgrade of a store that had rows already. */
  startsAtFirstRow: boolean;
}

/** What the check writes in the same transaction. */
export interface CompletenessChange {
  /** The new states. Sums that are not in the store yet are added with the total 0. */
  checks: readonly Pick<AccountSum, 'accountId' | 'asset' | 'check'>[];
  warnings: readonly DataWarning[];
  resolvedIds: readonly string[];
  /** The position up to which all accounts agreed. */
  checkpoint?: Checkpoint;
  /** A gap that a person accepted. It is kept as a resolved entry of the quarantine. */
  acceptance?: DataWarning;
}

/** A gap that a person accepted. */
export interface AcceptedGap {
  /** Milliseconds since 1970. */
  at: number;
  /** The account, the difference, who accepted it, and why. */
  message: string;
}

/** The completeness check of one connector's transactions. */
export interface CompletenessRepository {
  /** Reads the states of these accounts without a lock. */
  read(accountIds: readonly string[]): Promise<CompletenessState>;
  /** Reads the states of these accounts, and writes the change that `decide` returns, in one transaction that locks the feed. */
  update(
    accountIds: readonly string[],
    decide: (state: CompletenessState) => CompletenessChange | undefined,
  ): Promise<void>;
  /** Returns the newest checkpoint at or before this row; the beginning of the feed if there is none. */
  findCheckpoint(seq: number): Promise<Checkpoint>;
  /** Returns all sums with their states, in the sequence of account and asset. */
  list(): Promise<AccountSum[]>;
  /** Returns the gaps that persons accepted, newest first. */
  listAcceptances(): Promise<AcceptedGap[]>;
  /** Returns short descriptions of rows after this sequence number that moved no money yet, and their total number. */
  describeOpenRows(
    accountId: string,
    asset: string,
    afterSeq: number,
  ): Promise<{ count: number; ids: string[] }>;
}
