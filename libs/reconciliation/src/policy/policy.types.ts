/** A policy: which accounts of PSPs are compared with which accounts of a ledger, and by which rules. */

export interface Policy {
  /** Name with the tenant: `acme/house-bank`. */
  name: string;
  /** Identifies the server and the ledger: `https://ledger.example.com/main`. It contains no secret. */
  ledger: string;
  /** `same`: the ledger account has a positive balance when the PSP holds money. `opposite`: it has a negative balance. */
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

/** Periods for which an item without its other side is pending, in milliseconds after the time of the item. */
export interface GracePeriods {
  /** For a row of the PSP without a booking. */
  bookingMs: number;
  /** For a booking whose movement the PSP has not listed yet. */
  settlementMs: number;
}

/**
 * Rules for matching the items of both sides. All rules except `window` compare the amounts of items with an equal key, account and asset.
 *
 * - `exact`: one row and one booking with the same amount.
 * - `group`: one row and many bookings, or many rows and one booking, with the same sum.
 * - `settlement`: all rows and all bookings of the key, e.g. a net payout and its captures, fees and refunds, with the same sum.
 * - `tolerance`: like `settlement`, but the sums may differ by at most `bound`. The difference must be booked to `account`.
 * - `window`: uses no key. It suggests an item with an equal amount within `days`, if there is only one such item. It only suggests, and
 *   matches nothing.
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
  /** Ledger account to which the difference must be booked. */
  account: string;
  /** Maximum difference of the sums of a key, in minor units by asset. */
  bound: Readonly<Record<string, bigint>>;
}

export interface WindowRule {
  kind: 'window';
  days: number;
}

/** `root`: the related id, or the row's own id if the row has no related id. So a payment and its fees have the same key. */
export type PspField = 'id' | 'related' | 'root' | `metadata.${string}`;
export type LedgerField = 'reference' | `metadata.${string}`;

/** Returns the name of an account in items and reports: `house-bank/main`. */
export function toAccountName({ connector, account }: Pick<PolicyAccount, 'connector' | 'account'>): string {
  return `${connector}/${account}`;
}
