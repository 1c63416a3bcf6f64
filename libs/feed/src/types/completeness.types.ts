/** Types of the completeness check: the stored data of each account, and the data that the check writes. Amounts are in minor units. */
import type { BalanceEffect, Cursor, DataWarning } from '@tributary/connector-api';

/** The changes that a row makes to balances, and the time at which the PSP changed the balances (milliseconds since 1970). */
export interface TimedEffects {
  readonly effects: readonly BalanceEffect[];
  readonly at: number;
}

/** The data of one account in one asset: the sum of its rows, and the state of its completeness check. */
export interface AccountSum {
  /** The id as served to clients, i.e. encoded. */
  accountId: string;
  asset: string;
  /**
   * The sum of the amounts of all rows of the feed. If `CompletenessState.startsAtFirstRow` is false, the rows from before the upgrade are
   * not included.
   */
  total: bigint;
  check: AccountCheck;
}

/** The state of the check of one account in one asset. Times are milliseconds since 1970. */
export interface AccountCheck {
  /** The balance before the first row, so that balance = opening + sum of the rows. It is `undefined` before the first observation. */
  opening: bigint | undefined;
  /** True if the opening balance is certain: it is zero by declaration, or two observations gave the same value. */
  isOpeningProven: boolean;
  /**
   * The last observation that agreed with the rows, or with the rows plus the known gap. It contains the time, and the last row of the feed
   * at that time.
   */
  agreed: { at: number; seq: number } | undefined;
  /** The first observation that did not agree with the rows. It is compared again whenever rows arrive. */
  suspect: SuspectObservation | undefined;
  /** The difference that remained after the rows were read again: balance minus opening balance minus rows. */
  gap: { amount: bigint; since: number } | undefined;
  /** The time at which the sync library last read the period again because of a difference. */
  rereadAt: number | undefined;
}

/** An observed balance that did not agree with the rows. */
export interface SuspectObservation {
  at: number;
  balance: bigint;
  /** The sum of the rows that the PSP booked after `at`. `balance` does not contain these rows. */
  after: bigint;
  /** The time of the first observation in the current series of observations that did not agree. */
  since: number;
}

/** A position of the feed from which the plugin can read again. */
export interface Checkpoint {
  seq: number;
  /** The cursor of the position; `undefined` for the beginning. */
  cursor: Cursor | undefined;
}

/** The data that the check reads in one transaction. */
export interface CompletenessState {
  sums: readonly AccountSum[];
  /** The sequence number of the last row. */
  headSeq: number;
  /**
   * True if the sums contain the first row of the feed. It is false if the store already had rows when it was upgraded to the version with
   * sums.
   */
  startsAtFirstRow: boolean;
}

/** The changes that the check writes in the transaction in which it has read the states. */
export interface CompletenessChange {
  /** The new states of the checks. Sums that are not in the store yet are added with the total 0. */
  checks: readonly Pick<AccountSum, 'accountId' | 'asset' | 'check'>[];
  warnings: readonly DataWarning[];
  resolvedIds: readonly string[];
  /** The position up to which all accounts agreed. */
  checkpoint?: Checkpoint;
  /** A gap that a person accepted. It is stored as a resolved entry of the quarantine. */
  acceptance?: DataWarning;
}

/** A gap (a confirmed difference between a balance and the sum of its rows) that a person accepted. */
export interface AcceptedGap {
  /** Milliseconds since 1970. */
  at: number;
  /** A sentence with the account, the difference, the name of the person who accepted the gap, and the reason. */
  message: string;
}

/** Reads and writes the data of the completeness check for the transactions of one connector. */
export interface CompletenessRepository {
  /** Reads the states of these accounts without a lock. */
  read(accountIds: readonly string[]): Promise<CompletenessState>;
  /**
   * Reads the states of these accounts, and writes the change that `decide` returns. Reading and writing happen in one transaction that
   * locks the feed.
   */
  update(
    accountIds: readonly string[],
    decide: (state: CompletenessState) => CompletenessChange | undefined,
  ): Promise<void>;
  /** Returns the newest checkpoint at or before this row. If there is none, the result is the beginning of the feed. */
  findCheckpoint(seq: number): Promise<Checkpoint>;
  /** Returns all sums with their states, sorted by account and asset. */
  list(): Promise<AccountSum[]>;
  /** Returns the gaps that people have accepted, newest first. */
  listAcceptances(): Promise<AcceptedGap[]>;
  /**
   * Returns rows after this sequence number that have not moved money yet: a short description of the newest rows, and the number of all
   * rows.
   */
  describeOpenRows(
    accountId: string,
    asset: string,
    afterSeq: number,
  ): Promise<{ count: number; ids: string[] }>;
}
