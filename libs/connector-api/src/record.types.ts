/**
 * The records of the three streams, as a plugin returns them.
 *
 * - Ids are the PSP's own ids: any non-empty string. A plugin must not encode them. `id-encoding.ts` encodes them for URLs.
 * - Times are RFC 3339 strings with a zone, as precise as the PSP gives them: `2026-03-04T05:06:07.089+01:00`. They are served in UTC.
 * - Money is a `bigint` in minor units, see `Money`.
 * - An optional property that is `undefined` is not served.
 */
import type { Money } from './money.js';

/**
 * The transaction types of the contract. A plugin translates the PSP's own type to one of them, and may keep the PSP's type in the
 * metadata. Source: Generic Connector document, `TransactionType`.
 */
export const TRANSACTION_TYPES = ['PAYIN', 'PAYOUT', 'TRANSFER', 'OTHER'] as const;
export type TransactionType = (typeof TRANSACTION_TYPES)[number];

/** The transaction statuses of the contract. Source: Generic Connector document, `TransactionStatus`. */
export const TRANSACTION_STATUSES = [
  'PENDING',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
  'EXPIRED',
  'REFUNDED',
  'REFUNDED_FAILURE',
  'REFUND_REVERSED',
  'DISPUTE',
  'DISPUTE_WON',
  'DISPUTE_LOST',
  'AUTHORISATION',
  'CAPTURE',
  'CAPTURE_FAILED',
  'OTHER',
] as const;
export type TransactionStatus = (typeof TRANSACTION_STATUSES)[number];

/**
 * Additional data for which the contract has no property. Keys have the form `com.<psp>.spec/<snake_case_key>`, e.g.
 * `com.acme.spec/card_brand`. An entry with the value `undefined` is omitted.
 */
export type Metadata = Readonly<Record<string, string | undefined>>;

/** A wallet or bank account that the tenant holds at the PSP. */
export interface Account {
  id: string;
  /** The display name of the account. */
  name: string;
  /**
   * The time at which the PSP opened the account. It is served as the metadata `com.tributary.spec/opened_at`. It is not served as
   * `createdAt`, because that property contains the feed time, from which clients continue reading.
   */
  openedAt?: string | undefined;
  metadata?: Metadata;
}

/** A counterparty that can be paid. */
export interface Beneficiary {
  id: string;
  ownerName: string;
  /**
   * The time at which the PSP registered the beneficiary. It is served as the metadata `com.tributary.spec/registered_at`, for the same
   * reason as `Account.openedAt`.
   */
  registeredAt?: string | undefined;
  /**
   * Additional data. The keys that Formance itself defines are
   * `com.formance.spec/owner/{name,iban,accountNumber,swiftBicCode,country,city,postalCode,addressLine1,email}`.
   */
  metadata?: Metadata;
}

/**
 * One movement of money in its current state. When the state changes, the plugin returns the record again with the same `id` and
 * `createdAt`. A refund, a fee or a chargeback is a separate record.
 */
export interface Transaction {
  id: string;
  /** The id of the original transaction, if this transaction refunds it, reverses it or belongs to it. */
  relatedTransactionId?: string;
  /**
   * The `Order.idempotencyKey` of the order that this movement executes, if the PSP's listing contains the key. It is not served to
   * clients.
   */
  orderKey?: string;
  /** The time at which the movement was created at the PSP. It must be the same in all versions of the record. */
  createdAt: string;
  /** The time at which the PSP last changed the movement. Default: `createdAt`. */
  updatedAt?: string;
  type: TransactionType;
  status: TransactionStatus;
  /** The gross amount, never negative. The direction follows from `type` and the two account ids. */
  amount: Money;
  /** The payment scheme or method in the PSP's spelling: `SEPA`, `visa`. */
  scheme?: string;
  /** The PSP's id of the account from which the money comes; for a pay-in, the id of the counterparty. */
  sourceAccountId?: string;
  /** The PSP's id of the account to which the money goes; for a payout, the id of the beneficiary. */
  destinationAccountId?: string;
  metadata?: Metadata;
}

/** The balances of one account in all assets, observed at one time. */
export interface Balances {
  /** The PSP's id of the account. */
  accountId: string;
  /**
   * The time (RFC 3339) at which the account had these balances, according to the PSP. Reconciliation compares balances with transactions
   * by this time. Therefore the time of the request may be used only if the PSP returns live balances.
   */
  at: string;
  /**
   * The balances, one entry per asset. A negative amount is an overdraft. If an asset was observed before and is now absent, its balance is
   * served as zero.
   */
  amounts: Money[];
}
