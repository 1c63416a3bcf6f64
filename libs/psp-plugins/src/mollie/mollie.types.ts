/**
 * Classifies the types of balance transactions. Source: `balance-transaction-type` and the prose of `context` in Mollie's document, which calls
 * its list "not definitive". A type that is not listed here becomes a row of type OTHER.
 */

import type { Movement } from '@tributary/connector-api';

/** The effect of a row on a payment or a settlement. */
export type TransactionMeaning =
  /** Money that came in. Later rows refer to it. */
  | 'payment'
  /** Takes (a part of) a payment away again. */
  | 'payment-reduced'
  /** Returns money that was taken away from a payment. */
  | 'payment-restored'
  /** Money paid to the organisation's own bank account. Later rows refer to it. */
  | 'settlement'
  /** (A part of) a settlement that was returned. */
  | 'settlement-returned'
  | 'payin'
  | 'other';

const TYPES_BY_MEANING: Readonly<Record<Exclude<TransactionMeaning, 'other'>, readonly string[]>> = {
  payment: ['payment', 'capture', 'split-payment'],
  'payment-reduced': [
    'refund',
    'chargeback',
    'failed-payment',
    'unauthorized-direct-debit',
    'platform-payment-refund',
    'platform-payment-chargeback',
    'failed-platform-split-payment',
  ],
  'payment-restored': [
    'returned-refund',
    'chargeback-reversal',
    'returned-platform-payment-refund',
    'reversed-platform-payment-chargeback',
  ],
  settlement: ['outgoing-transfer', 'outgoing-custom-amount-transfer'],
  'settlement-returned': ['returned-transfer', 'canceled-transfer', 'canceled-outgoing-transfer'],
  payin: ['topup', 'balance-topup', 'incoming-transfer'],
};

const MEANING_BY_TYPE = new Map(
  Object.entries(TYPES_BY_MEANING).flatMap(([meaning, types]) =>
    types.map((type) => [type, meaning as TransactionMeaning] as const),
  ),
);

/** Whether money with this meaning comes in or goes out. A row with the opposite sign has the meaning `other`. */
const IS_INCOMING: Readonly<Record<TransactionMeaning, boolean | undefined>> = {
  payment: true,
  'payment-reduced': false,
  'payment-restored': true,
  settlement: false,
  'settlement-returned': true,
  payin: true,
  other: undefined,
};

/**
 * Returns the meaning of a type.
 * @param amount amount of the row, with its sign
 */
export function classifyTransaction(type: string, amount: bigint): TransactionMeaning {
  const meaning = MEANING_BY_TYPE.get(type) ?? 'other';
  return amount === 0n || IS_INCOMING[meaning] === undefined || IS_INCOMING[meaning] === amount > 0n
    ? meaning
    : 'other';
}

/** Types that take or give a fee, although no payment is reduced. */
const FEE_TYPES: readonly string[] = [
  'application-fee',
  'balance-charge-fee',
  'fee-prepayment',
  'payment-fee',
];

/** Returns what a row is for reconciliation. */
export function classifyMovement(type: string, meaning: TransactionMeaning): Movement {
  switch (meaning) {
    case 'payment':
    case 'payin':
      return 'payment';
    case 'payment-reduced':
      if (type.includes('refund')) return 'refund';
      return type.includes('chargeback') || type === 'unauthorized-direct-debit' ? 'dispute' : 'adjustment';
    case 'payment-restored':
      return type.includes('refund') ? 'refund_reversal' : 'dispute_reversal';
    case 'settlement':
      return 'payout';
    case 'settlement-returned':
      return 'payout_return';
    case 'other':
      return FEE_TYPES.includes(type) ? 'fee' : 'other';
  }
}
