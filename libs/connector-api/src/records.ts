/**
 * The normalised objects of the three streams, as a plugin hands them over.
 *
 * Ids are the PSP's own: any non-empty string. They are encoded for URLs in one place (`ids.ts`), never by a plugin.
 * Times are RFC 3339 strings with a zone, as precise as the PSP gives them; they are served in UTC.
 */
import type { Money } from './money.js';

/** Words of the contract; a PSP's own words go into metadata. Source: Generic Connector document, `TransactionType`. */
export const TRANSACTION_TYPES = ['PAYIN', 'PAYOUT', 'TRANSFER', 'OTHER'] as const;
export type TransactionType = (typeof TRANSACTION_TYPES)[number];

/** Source: Generic Connector document, `TransactionStatus`. */
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

/** Keys as `com.<psp>.spec/<snake_key>`; a value of `undefined` is left out. */
export type Metadata = Readonly<Record<string, string | undefined>>;

/** A wallet or bank account that we hold at the PSP. */
export interface Account {
  id: string;
  name: string;
  /** When the PSP opened it; served as metadata, because clients use `createdAt` as their watermark. */
  openedAt?: string;
  metadata?: Metadata;
}

/** Somebody who can be paid. */
export interface Beneficiary {
  id: string;
  ownerName: string;
  /** When the PSP registered it; served as metadata, for the same reason as `Account.openedAt`. */
  registeredAt?: string;
  /** `com.formance.spec/owner/{name,iban,accountNumber,swiftBicCode,country,city,postalCode,addressLine1,email}`. */
  metadata?: Metadata;
}

/**
 * One movement of money, in its current state. A later state is the same record again, with the same `id` and `createdAt`.
 * A refund, a fee or a chargeback is a record of its own.
 */
export interface Transaction {
  id: string;
  /** The id of the transaction this one refunds, reverses or belongs to. */
  relatedTransactionId?: string;
  /** The `Order.key` of the order that this movement executes, where the PSP's listing repeats it. Not served. */
  orderKey?: string;
  /** One value for all versions of the record. */
  createdAt: string;
  /** When the PSP last changed it, where the PSP says so; `createdAt` otherwise. */
  updatedAt?: string;
  type: TransactionType;
  status: TransactionStatus;
  /** Gross, and never negative: the direction is in `type` and the two account ids. */
  amount: Money;
  scheme?: string;
  sourceAccountId?: string;
  destinationAccountId?: string;
  metadata?: Metadata;
}

/** What one account holds, all assets together, as observed at one time. */
export interface Balances {
  accountId: string;
  /** When the PSP says that this was the balance (RFC 3339): an honest time is what makes reconciliation work. */
  at: string;
  /** Each asset once. An asset that is absent is served as zero once it was seen. Negative amounts are overdrafts. */
  amounts: Money[];
}
