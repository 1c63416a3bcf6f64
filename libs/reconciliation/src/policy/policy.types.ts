/** The types of a policy. A policy defines which accounts of PSPs are compared with which accounts of a ledger, and by which rules. */

export interface Policy {
  /** The name of the tenant and the name of the policy: `acme/house-bank`. */
  name: string;
  /** Identifies the server and the ledger: `https://ledger.example.com/main`. It contains no secret. */
  ledger: string;
  /**
   * The sign of the ledger account's balance when the PSP holds money. `same`: the balance is positive. `opposite`: the balance is
   * negative.
   */
  sign: 'same' | 'opposite';
  accounts: readonly PolicyAccount[];
  /** The rules in the sequence in which they are applied. */
  rules: readonly MatchingRule[];
  grace: GracePeriods;
}

/** An account at a PSP, and the ledger account that must have the same movements. */
export interface PolicyAccount {
  /** Path of the connector. */
  connector: string;
  /** The account id as served to clients. */
  account: string;
  /** Address of the ledger account. */
  address: string;
}

/** How long an item may wait for its other side before its break becomes open. Each period begins at the time of the item. */
export interface GracePeriods {
  /** Period in which a row of the PSP may wait for a booking, in milliseconds. */
  bookingMs: number;
  /** Period in which a booking may wait for the PSP to list the movement, in milliseconds. */
  settlementMs: number;
}

/**
 * Rules for matching the items of both sides. All rules except `window` compare the amounts of items with an equal key, account and asset.
 *
 * - `exact`: matches one row and one booking with the same amount.
 * - `group`: matches one row and many bookings, or many rows and one booking, with the same sum.
 * - `settlement`: matches all rows and all bookings of the key with the same sum, e.g. a net payout and its captures, fees and refunds.
 * - `tolerance`: matches like `settlement`, but the sums may differ by at most `bound`. The difference must be booked to `account`.
 * - `window`: uses no key and matches nothing. It suggests an item of the other side with an equal amount within `days`, if there is only
 *   one such item.
 */
export type MatchingRule = KeyRule | ToleranceRule | WindowRule;

export interface KeyRule {
  kind: 'exact' | 'group' | 'settlement';
  psp: PspField;
  ledger: LedgerField;
}

export interface ToleranceRule {
  kind: 'tolerance';
  psp: PspField;
  ledger: LedgerField;
  /** Address of the ledger account to which the user must book the difference. */
  account: string;
  /** The maximum difference between the two sums of a key, in minor units by asset. */
  bound: Readonly<Record<string, bigint>>;
}

export interface WindowRule {
  kind: 'window';
  days: number;
}

/**
 * The property of a row from which a rule takes its key. `root` is the related id, or the row's own id if the row has no related id. So a
 * payment and its fees have the same key.
 */
export type PspField = 'id' | 'related' | 'root' | `metadata.${string}`;
export type LedgerField = 'reference' | `metadata.${string}`;

/** Returns the name of an account in items and reports: `house-bank/main`. */
export function toAccountName({ connector, account }: Pick<PolicyAccount, 'connector' | 'account'>): string {
  return `${connector}/${account}`;
}
