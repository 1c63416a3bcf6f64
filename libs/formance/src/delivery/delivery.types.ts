/**
 * Types of the proof of delivery. It compares the rows that the gateway serves with the objects that Formance Payments created from them.
 */

/** The properties of a row in the list of transactions that the proof uses. */
export interface TransactionRow {
  id: string;
  relatedTransactionID?: string;
  createdAt: string;
  type: string;
  status: string;
  /** Minor units as decimal digits. */
  amount: string;
  /** The asset: `EUR/2`. */
  currency: string;
}

export interface NumberedTransactionRow {
  /** Position in the feed. */
  seq: number;
  row: TransactionRow;
}

/** A payment in Formance's list, which has no adjustments. Amounts are decimal digits. */
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
  /** Id of the row. */
  reference: string;
  /** RFC 3339. */
  createdAt: string;
  status: string;
}

export type DeliveryDifferenceKind =
  /** The object is missing in Formance. */
  | 'missing'
  /** Formance has the object twice. */
  | 'doubled'
  /** The object in Formance has another value. */
  | 'different'
  /** Formance has the object, but no row contains it. */
  | 'unexpected';

export interface DeliveryDifference {
  kind: DeliveryDifferenceKind;
  /** What differs. */
  object: 'payment' | 'adjustment' | 'account' | 'beneficiary' | 'balance';
  /** Its id, as the gateway serves it. */
  id: string;
  /** The expected and the actual value, and the cause if it is known. */
  message: string;
}

export interface BalanceCounts {
  /** Balances that were compared: one for each account and asset. */
  balances: number;
  /** Accounts that were not compared, because Formance has not asked for their newest balances. */
  accountsInTransit: number;
}

export interface DeliveryCounts {
  /** Rows up to the cut. */
  rows: number;
  /** Number of payments that result from these rows. */
  payments: number;
  /** Number of payments in Formance. */
  found: number;
  /** Number of payments that were not compared, because rows after the cut change them. */
  inTransit: number;
}
