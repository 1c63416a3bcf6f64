/** PayPal's words: transaction event codes (T-codes), statuses of transactions, batches and payout items, and what they mean. */
import { createWordTable } from '@tributary/connector-api';
import type { Movement, OrderStatus, TransactionStatus } from '@tributary/connector-api';

/** The name of the plugin. Metadata keys contain it. */
export const PLUGIN_NAME = 'paypal';

/**
 * What a transaction is. A `payment` is a payment or a payout, a `refund`, a `reversal` and a `dispute` take an earlier one back or restore it:
 * the sign of the amount decides which. A `hold` moves money between the available and the withheld part of the account, and a `memo` moves none.
 */
export type TransactionKind =
  | 'payment'
  | 'refund'
  | 'reversal'
  | 'dispute'
  | 'fee'
  | 'conversion'
  | 'transfer'
  | 'hold'
  | 'memo'
  | Extract<Movement, 'adjustment' | 'interest' | 'tax' | 'other'>;

/**
 * Event codes that differ from their group. Source: PayPal's page "Transaction event codes" and its reference of T-codes, which say that the
 * list can change.
 */
const CODE_KINDS = createWordTable<TransactionKind>({
  payment: ['T1113'],
  refund: ['T1107'],
  dispute: ['T1201', 'T1202', 'T1205', 'T1207', 'T1208'],
  fee: ['T1108', 'T1109'],
  hold: ['T1105', 'T1110', 'T1111'],
  memo: ['T0505'],
  other: ['T1103', 'T1112', 'T2003', 'T2004'],
});

/** The groups of event codes. The document says that the group is sufficient for reconciliation. */
const GROUP_KINDS = createWordTable<TransactionKind>({
  // Payments between accounts, bank deposits and withdrawals, cards, bill pay, buyer credit, other institutions, Open Wallet.
  payment: ['T00', 'T03', 'T04', 'T05', 'T06', 'T07', 'T10', 'T16', 'T17', 'T18', 'T30'],
  reversal: ['T11'],
  fee: ['T01'],
  conversion: ['T02'],
  // Between balances and accounts whose other side is not in this account's list.
  transfer: ['T20', 'T22'],
  // Holds for disputes, and reserves: "this amount is part of your total balance and is not available for withdrawal".
  hold: ['T15', 'T21'],
  // Authorizations, and transactions that are only displayed.
  memo: ['T13', 'T98'],
  adjustment: ['T12', 'T19'],
  interest: ['T14'],
  tax: ['T23'],
  // Bonuses, incentives, disbursements, payables and receivables.
  other: ['T08', 'T09', 'T50', 'T97', 'T99'],
});

/** Returns what an event code means. A code that PayPal adds has the kind of its group, and one of a new group the kind `other`. */
export function getTransactionKind(code: string): TransactionKind {
  return CODE_KINDS[code] ?? GROUP_KINDS[code.slice(0, 3)] ?? 'other';
}

/** What takes a payment or a payout back, or restores it, by the sign of its amount. */
export const RETURN_MOVEMENTS = {
  refund: { outgoing: 'refund', incoming: 'payout_return' },
  reversal: { outgoing: 'adjustment', incoming: 'payout_return' },
  dispute: { outgoing: 'dispute', incoming: 'dispute_reversal' },
} as const satisfies Record<string, Record<string, Movement>>;

/** The event code of payouts to other accounts, which the Payouts API creates. */
export const MASS_PAYMENT_CODE = 'T0001';

/**
 * Statuses of transactions. The money of a reversed one (`V`) had moved, and its reversal is a transaction of its own. Source:
 * `transaction_status` of GET /v1/reporting/transactions. A transaction with another status is rejected.
 */
export const TRANSACTION_STATUSES = {
  S: 'SUCCEEDED',
  V: 'SUCCEEDED',
  P: 'PENDING',
  D: 'FAILED',
} satisfies Record<string, TransactionStatus>;
/** The filter for transactions that can still succeed or be denied. */
export const PENDING_STATUS = 'P';

/** Statuses of a batch that end it without a payment. A batch with any other status says nothing about its payout. */
export const FAILED_BATCH_STATUSES: readonly string[] = ['DENIED', 'CANCELED'];

/**
 * Statuses of a payout (`transaction_enum`). An unclaimed one is returned after 30 days, and money on hold can still arrive. A status that
 * PayPal adds later is not known to be final.
 */
export const ORDER_STATUSES = createWordTable<OrderStatus>({
  PENDING: ['PENDING', 'UNCLAIMED', 'ONHOLD'],
  SUCCEEDED: ['SUCCESS'],
  FAILED: ['FAILED', 'BLOCKED'],
  RETURNED: ['RETURNED', 'REFUNDED', 'REVERSED'],
});

/** How a receiver of a payout is written, by `recipient_type`. Source: `payout_item`; the form of an account id is that of `account_id`. */
export const RECEIVER_PATTERNS = {
  PAYPAL_ID: /^[2-9A-HJ-NP-Z]{13}$/,
  PHONE: /^\+?\d[\d-]{5,20}$/,
  EMAIL: /^[^\s@]+@[^\s@]+$/,
} as const;

/** Returns the type of a receiver: `EMAIL` for an e-mail address. @returns `undefined` for a text that PayPal cannot pay */
export function getRecipientType(receiver: string): keyof typeof RECEIVER_PATTERNS | undefined {
  const types = Object.keys(RECEIVER_PATTERNS) as (keyof typeof RECEIVER_PATTERNS)[];
  return types.find((type) => RECEIVER_PATTERNS[type].test(receiver));
}

/** Currencies of which PayPal takes whole amounts only. Source: PayPal's page "Currency codes". */
export const WHOLE_AMOUNT_CURRENCIES: readonly string[] = ['HUF', 'JPY', 'TWD'];
