/**
 * The words of Mollie's API: kinds of balance transactions and of transactions of business accounts, keys of metadata,
 * and ids.
 */
import {
  toDispute,
  toDisputeReversal,
  toPayment,
  toPayoutReturn,
  toRefund,
  toRefundReversal,
  toReversal,
} from '@tributary/connector-api';
import type { Movement, MovementFields, OriginalTransaction, Transaction } from '@tributary/connector-api';

/** Id of the balance transaction of a row that is served under the id of a payment or a transfer. */
export const BALANCE_TRANSACTION_KEY = 'com.mollie.spec/balance_transaction_id';
export const DESCRIPTION_KEY = 'com.mollie.spec/description';

/** How a balance transaction becomes a row. */
export interface BalanceTransactionKind {
  movement: Movement;
  /** Whether money comes in. A row with the opposite sign is of the kind `other`. Absent if both signs occur. */
  isIncoming?: boolean;
  /** The type of a row that belongs to no other row. Default: OTHER. */
  rowType?: 'PAYIN' | 'PAYOUT';
  /** What the row belongs to: `context` has its id. A row with a `rowType` is served under this id, unless another row already is. */
  belongsTo?: 'payment' | 'transfer';
  /** Builds the row from its fields, and links it to `original`, the row with the id in `context`. */
  link?: (original: OriginalTransaction, fields: MovementFields) => Transaction;
}

const KINDS = {
  payment: { movement: 'payment', isIncoming: true, rowType: 'PAYIN', belongsTo: 'payment', link: toCapture },
  payin: { movement: 'payment', isIncoming: true, rowType: 'PAYIN' },
  payout: { movement: 'payout', isIncoming: false, rowType: 'PAYOUT', belongsTo: 'transfer' },
  payoutReturn: { movement: 'payout_return', isIncoming: true, belongsTo: 'transfer', link: toPayoutReturn },
  refund: { movement: 'refund', isIncoming: false, belongsTo: 'payment', link: toRefund },
  refundReversal: {
    movement: 'refund_reversal',
    isIncoming: true,
    belongsTo: 'payment',
    link: toRefundReversal,
  },
  dispute: { movement: 'dispute', isIncoming: false, belongsTo: 'payment', link: toDispute },
  disputeReversal: {
    movement: 'dispute_reversal',
    isIncoming: true,
    belongsTo: 'payment',
    link: toDisputeReversal,
  },
  failedPayment: { movement: 'adjustment', isIncoming: false, belongsTo: 'payment', link: toReversal },
  fee: { movement: 'fee' },
  other: { movement: 'other' },
} satisfies Record<string, BalanceTransactionKind>;

/**
 * Source: `balance-transaction-type` and the prose of `context` in Mollie's document, which calls its list "not definitive". Any other type is
 * of the kind `other`.
 */
const TYPES_BY_KIND: Readonly<Record<Exclude<keyof typeof KINDS, 'other'>, readonly string[]>> = {
  payment: ['payment', 'capture', 'split-payment'],
  payin: ['topup', 'balance-topup', 'incoming-transfer'],
  payout: ['outgoing-transfer', 'outgoing-custom-amount-transfer'],
  payoutReturn: ['returned-transfer', 'canceled-transfer', 'canceled-outgoing-transfer'],
  refund: ['refund', 'platform-payment-refund'],
  refundReversal: ['returned-refund', 'returned-platform-payment-refund'],
  dispute: ['chargeback', 'unauthorized-direct-debit', 'platform-payment-chargeback'],
  disputeReversal: ['chargeback-reversal', 'reversed-platform-payment-chargeback'],
  failedPayment: ['failed-payment', 'failed-platform-split-payment'],
  fee: ['application-fee', 'balance-charge-fee', 'fee-prepayment', 'payment-fee'],
};

const KIND_BY_TYPE: ReadonlyMap<string, BalanceTransactionKind> = new Map(
  Object.entries(TYPES_BY_KIND).flatMap(([kind, types]) =>
    types.map((type) => [type, KINDS[kind as keyof typeof KINDS]] as const),
  ),
);

/** A second row of one payment adds to the first one. */
function toCapture({ id }: OriginalTransaction, fields: MovementFields): Transaction {
  return { ...toPayment(fields), relatedTransactionId: id, status: 'CAPTURE' };
}

/**
 * Returns the kind of a balance transaction.
 * @param amount amount of the row, with its sign
 */
export function classifyBalanceTransaction(type: string, amount: bigint): BalanceTransactionKind {
  const kind: BalanceTransactionKind = KIND_BY_TYPE.get(type) ?? KINDS.other;
  const hasRightSign = amount === 0n || kind.isIncoming === undefined || kind.isIncoming === amount > 0n;
  return hasRightSign ? kind : KINDS.other;
}

/** The parts of `deductionDetails`. Each becomes a row of its own. */
export const DEDUCTION_MOVEMENTS: Readonly<Record<string, Movement>> = {
  fees: 'fee',
  commissions: 'fee',
  repayments: 'adjustment',
  reservations: 'adjustment',
};

/** The types of transactions of business accounts. Any other type becomes a row of type OTHER. */
export const BUSINESS_MOVEMENTS: Readonly<Record<string, 'payment' | 'transfer'>> = {
  'internal-transfer': 'transfer',
  'psp-transfer': 'transfer',
  'card-payment': 'payment',
  'bank-transfer': 'payment',
  'ideal-payment': 'payment',
  'direct-debit': 'payment',
  'direct-debit-refund': 'payment',
};

/** Types of transaction that an approved draft transfer can become. */
export const DRAFT_TRANSFER_TYPES: readonly string[] = ['bank-transfer', 'internal-transfer'];

/** The two lists of accounts. */
export type AccountResource = 'balances' | 'businessAccounts';

/** Returns the list that contains the account. Only ids of balances begin with `bal_`. */
export function getAccountResource(id: string): AccountResource {
  return id.startsWith('bal_') ? 'balances' : 'businessAccounts';
}

/** Returns the id of the beneficiary for the organisation's own bank account, to which a balance is paid out. */
export function getBankAccountId(balanceId: string): string {
  return `bank-account-of-${balanceId}`;
}

/** Somebody whom a business account can pay. */
export interface Payee {
  name: string;
  iban: string;
}
