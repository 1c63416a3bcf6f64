/** A policy: which accounts of PSPs are compared with which accounts of a ledger, and by which rules. */

export interface Policy {
  /** With the tenant: `acme/house-bank`. */
  name: string;
  /** Names the server and the ledger: `https://ledger.example.com/main`. It contains no secret. */
  ledger: string;
  /** `same`: the ledger account is positive when the PSP holds money. `opposite`: it is negative then. */
  sign: 'same' | 'opposite';
  accounts: readonly PolicyAccount[];
  /** In the sequence in which they are applied. */
  rules: readonly MatchingRule[];
  grace: GracePeriods;
}

/** An account at a PSP, and the ledger account that follows it. */
export interface PolicyAccount {
  /** Path of the connector. */
  connector: string;
  /** The id as served. */
  account: string;
  /** Address of the ledger account. */
  address: string;
}

/** Until when an item without its other side is pending. Milliseconds since the item. */
export interface GracePeriods {
  /** For a row of the PSP that is not booked yet. */
  bookingMs: number;
  /** For a booking that the PSP does not show yet. */
  settlementMs: number;
}

/**
 * How items of both sides find each other. All rules but `window` compare items with an equal key, account and asset; the amounts decide.
 *
 * - `exact`: one row and one booking with the same amount.
 * - `group`: one row and many bookings, or many rows and one booking, with the same sum.
 * - `settlement`: all rows and all bookings of the key, e.g. a net payout and its captures, fees and refunds, with the same sum.
 * - `tolerance`: like `settlement`, but the sums may differ by `bound`. The difference has to be booked to `account`.
 * - `window`: no key. An equal amount within `days`, if there is only one candidate. It is a suggestion for a person, and matches nothing.
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
  /** Ledger account to which the difference has to be booked. */
  account: string;
  /** The largest difference of a key, in minor units by asset. */
  bound: Readonly<Record<string, bigint>>;
}

export interface WindowRule {
  kind: 'window';
  days: number;
}

/** `root`: the related id, or the row's own id if it has none. So a payment and its fees have the same key. */
export type PspField = 'id' | 'related' | 'root' | `metadata.${string}`;
export type LedgerField = 'reference' | `metadata.${string}`;

/** Returns the name by which items and reports call an account: `house-bank/main`. */
export function toAccountName({ connector, account }: Pick<PolicyAccount, 'connector' | 'account'>): string {
  return `${connector}/${account}`;
}
