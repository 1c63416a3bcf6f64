/**
 * The types of the proof of delivery. The proof compares the rows that the gateway serves with the objects that Formance Payments created
 * from these rows.
 */

/** The properties of a row in the list of transactions that the proof compares. */
export interface TransactionRow {
  id: string;
  relatedTransactionID?: string;
  createdAt: string;
  type: string;
  status: string;
  /** The amount in minor units, as decimal digits. */
  amount: string;
  /** The asset: `EUR/2`. */
  currency: string;
}

export interface NumberedTransactionRow {
  /** The position of the row in the feed. */
  seq: number;
  row: TransactionRow;
}

/** A payment as it is in Formance's list. The list does not contain the payment's adjustments. Amounts are decimal digits. */
export interface PaymentSummary {
  id: string;
  reference: string;
  type: string;
  asset: string;
  initialAmount: string;
  amount: string;
  status: string;
}

/** One version of a payment, as Formance stores it. */
export interface PaymentAdjustment {
  /** The id of the row from which this version was created. */
  reference: string;
  /** The time of the version in RFC 3339. */
  createdAt: string;
  status: string;
}

export type DeliveryDifferenceKind =
  /** The object does not exist in Formance. */
  | 'missing'
  /** Formance has the object twice. */
  | 'doubled'
  /** The object in Formance has another value. */
  | 'different'
  /** Formance has the object, but no row contains it. */
  | 'unexpected';

export interface DeliveryDifference {
  kind: DeliveryDifferenceKind;
  /** The kind of the object that differs. */
  object: 'payment' | 'adjustment' | 'account' | 'beneficiary' | 'balance';
  /** The id of the object, as the gateway serves it. */
  id: string;
  /** A sentence with the expected value, the actual value, and the cause if it is known. */
  message: string;
}

export interface BalanceCounts {
  /** The number of compared balances, one for each account and asset. */
  balances: number;
  /** The number of accounts that were not compared, because Formance has not yet requested their newest balances. */
  accountsInTransit: number;
}

export interface DeliveryCounts {
  /** The number of rows that must have been delivered. */
  rows: number;
  /** The number of payments to which these rows belong. */
  payments: number;
  /** The number of payments in Formance. */
  found: number;
  /** The number of payments that were not compared, because later rows may change them at this moment. */
  inTransit: number;
}
