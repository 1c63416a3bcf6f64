/** What the proof of delivery compares: the rows that the gateway serves, and the objects that Formance Payments made of them. */

/** A row of the list of transactions, as far as the proof reads it. */
export interface TransactionRow {
  id: string;
  relatedTransactionID?: string;
  createdAt: string;
  type: string;
  status: string;
  /** Minor units, decimal digits. */
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

/** One version of a payment, as Formance keeps it. */
export interface PaymentAdjustment {
  /** Id of the row. */
  reference: string;
  /** RFC 3339. */
  createdAt: string;
  status: string;
}

export type DeliveryDifferenceKind =
  /** Formance does not have it. */
  | 'missing'
  /** Formance has it twice. */
  | 'doubled'
  /** Formance has it with another value. */
  | 'different'
  /** Formance has it, and no row says so. */
  | 'unexpected';

export interface DeliveryDifference {
  kind: DeliveryDifferenceKind;
  /** What differs. */
  object: 'payment' | 'adjustment' | 'account' | 'beneficiary' | 'balance';
  /** Its id, as the gateway serves it. */
  id: string;
  /** What was expected and what was found, with the cause where it is known. */
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
  /** Payments that these rows make. */
  payments: number;
  /** Payments that Formance has. */
  found: number;
  /** Payments that were not compared, because rows after the cut change them. */
  inTransit: number;
}
