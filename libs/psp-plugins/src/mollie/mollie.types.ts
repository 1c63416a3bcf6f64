/**
 * The words of Mollie's API: kinds of balance transactions and of transactions of business accounts, keys of metadata, ids and IBANs, and the
 * description by which an order is found again.
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
import type {
  Movement,
  MovementFields,
  Order,
  OriginalTransaction,
  Transaction,
} from '@tributary/connector-api';

export const OWNER_METADATA_PREFIX = 'com.formance.spec/owner/';
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
  /** Builds the row that is linked to the row with that id. */
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

/** Returns whether the id is one of a balance. All other account ids are of business accounts. */
export function isBalanceId(id: string): boolean {
  return id.startsWith('bal_');
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

/** `nl02 abna-0123-4567-89` → `NL02ABNA0123456789`. The IBAN check ignores spaces and hyphens, so this gives one account one id. */
export function normalizeIban(written: string): string {
  return written.replace(/[\s-]/g, '').toUpperCase();
}

/** Matches the last key in a description without blanks. Keys are UUIDs of version 4. A bank can write them in capitals. */
const ORDER_KEY_PATTERN = /^.*([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})/is;

/**
 * Appends the order's key to its description, which it cuts to fit. Lists of payouts and of draft transfers have no other property by which an
 * order can be found. The journal repeats the description: "this will appear on the bank statement of both the debtor and creditor".
 * @param maxLength maximum number of characters that Mollie accepts
 */
export function createDescription({ description, idempotencyKey }: Order, maxLength: number): string {
  if (description === undefined) return idempotencyKey;
  return `${truncate(description, maxLength - idempotencyKey.length - 1)} ${idempotencyKey}`;
}

/** Returns at most `maxLength` characters. Removes half an emoji at the end, because Mollie would reject a string that is not well-formed. */
export function truncate(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '');
}

/** Returns the order's key in a description. Returns `undefined` for payouts and transfers that were not ordered through this gateway. */
export function extractOrderKey(description: string | undefined): string | undefined {
  // A bank that breaks a description into lines can put a blank into the key.
  return ORDER_KEY_PATTERN.exec((description ?? '').replace(/\s+/g, ''))?.[1]?.toLowerCase();
}
