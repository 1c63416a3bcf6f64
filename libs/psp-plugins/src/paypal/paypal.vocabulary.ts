/** PayPal's words and their meaning: transaction event codes (T-codes) and statuses of transactions, batches and payout items. */
import { createWordTable } from '@tributary/connector-api';
import type { Movement, OrderStatus, TransactionStatus } from '@tributary/connector-api';

/** The name of the plugin. Metadata keys contain it. */
export const PLUGIN_NAME = 'paypal';

/** The movements that PayPal's codes do not name. The sign of the amount decides about them. */
type DerivedMovement = 'payout' | 'payout_return' | 'refund_reversal' | 'dispute_reversal';

/**
 * The kind of a transaction. A `payment` is a payment or a payout. A `refund`, a `reversal` or a `dispute` takes an earlier transaction
 * back or restores it; the sign of the amount decides which of the two. A `hold` moves money between the available and the withheld part of
 * the account. A `memo` moves no money.
 */
export type TransactionKind = 'reversal' | 'hold' | 'memo' | Exclude<Movement, DerivedMovement>;

/**
 * The kinds of the groups of event codes (`T00`), and of the codes whose kind differs from the kind of their group (`T1113`). PayPal's
 * document states that the group is sufficient for reconciliation. Source: PayPal's page "Transaction event codes" and its reference of
 * T-codes. Both state that the list can change.
 */
const TRANSACTION_KINDS = createWordTable<TransactionKind>({
  // Payments between accounts, bank deposits and withdrawals, cards, bill pay, buyer credit, other institutions, Open Wallet.
  payment: ['T00', 'T03', 'T04', 'T05', 'T06', 'T07', 'T10', 'T16', 'T17', 'T18', 'T30', 'T1113'],
  refund: ['T1107'],
  reversal: ['T11'],
  dispute: ['T1201', 'T1202', 'T1205', 'T1207', 'T1208'],
  fee: ['T01', 'T1108', 'T1109'],
  conversion: ['T02'],
  // Movements between balances, and with accounts that are not in this account's list.
  transfer: ['T20', 'T22'],
  // Holds for disputes, and reserves. PayPal's document: "this amount is part of your total balance and is not available for withdrawal".
  hold: ['T15', 'T21', 'T1105', 'T1110', 'T1111'],
  // Authorizations, and transactions that PayPal only displays.
  memo: ['T13', 'T98', 'T0505'],
  adjustment: ['T12', 'T19'],
  interest: ['T14'],
  tax: ['T23'],
  // Bonuses, incentives, disbursements, payables and receivables.
  other: ['T08', 'T09', 'T50', 'T97', 'T99', 'T1103', 'T1112', 'T2003', 'T2004'],
});

/**
 * Returns the kind of an event code. A code that PayPal adds later has the kind of its group. A code of a new group has the kind `other`.
 */
export function getTransactionKind(code: string): TransactionKind {
  return TRANSACTION_KINDS[code] ?? TRANSACTION_KINDS[code.slice(0, 3)] ?? 'other';
}

/** The movements that take back or restore a payment or a payout, by the sign of the amount. */
export const RETURN_MOVEMENTS = {
  refund: { outgoing: 'refund', incoming: 'payout_return' },
  reversal: { outgoing: 'adjustment', incoming: 'payout_return' },
  dispute: { outgoing: 'dispute', incoming: 'dispute_reversal' },
} as const satisfies Record<string, Record<string, Movement>>;

/** The event code of payouts to other accounts, which the Payouts API creates. */
export const MASS_PAYMENT_CODE = 'T0001';

/**
 * Statuses of transactions. In a reversed transaction (`V`), the money had moved; the reversal is a transaction of its own. Source:
 * `transaction_status` of GET /v1/reporting/transactions. A transaction with any other status is rejected.
 */
export const TRANSACTION_STATUSES = createWordTable<TransactionStatus>({
  SUCCEEDED: ['S', 'V'],
  PENDING: ['P'],
  FAILED: ['D'],
});
/** The filter for transactions that can still succeed or be denied. */
export const PENDING_STATUS = 'P';

/** Statuses of a batch that ends without a payment. Any other status of a batch does not show the result of its payout. */
export const BATCH_STATUSES = createWordTable<OrderStatus>({ FAILED: ['DENIED', 'CANCELED'] });

/**
 * Statuses of a payout (`transaction_enum`). PayPal returns an unclaimed payout after 30 days, and money on hold can still arrive. A status
 * that PayPal adds later does not count as final.
 */
export const ITEM_STATUSES = createWordTable<OrderStatus>({
  PENDING: ['PENDING', 'UNCLAIMED', 'ONHOLD'],
  SUCCEEDED: ['SUCCESS'],
  FAILED: ['FAILED', 'BLOCKED'],
  RETURNED: ['RETURNED', 'REFUNDED', 'REVERSED'],
});

/**
 * Patterns of the receiver of a payout, by `recipient_type`. Source: `payout_item`; the pattern of an account id is the pattern of
 * `account_id`.
 */
export const RECEIVER_PATTERNS = {
  PAYPAL_ID: /^[2-9A-HJ-NP-Z]{13}$/,
  PHONE: /^\+?\d[\d-]{5,20}$/,
  EMAIL: /^[^\s@]+@[^\s@]+$/,
} as const;

/**
 * Returns the type of a receiver: `EMAIL` for an e-mail address.
 * @returns `undefined` for a text that PayPal cannot pay
 */
export function getRecipientType(receiver: string): keyof typeof RECEIVER_PATTERNS | undefined {
  const types = Object.keys(RECEIVER_PATTERNS) as (keyof typeof RECEIVER_PATTERNS)[];
  return types.find((type) => RECEIVER_PATTERNS[type].test(receiver));
}

/** Currencies for which PayPal accepts only whole amounts. Source: PayPal's page "Currency codes". */
export const WHOLE_AMOUNT_CURRENCIES: readonly string[] = ['HUF', 'JPY', 'TWD'];
