/**
 * What each type of balance transaction is. Source: `balance-transaction-type` and the prose of `context` in Mollie's document, which calls its
 * list "not definitive": what is not here is a row of its own, of type OTHER.
 */

/** What a row does to a payment or a settlement, or that it stands alone. */
export type Meaning =
  /** Money that came in; later rows refer to it. */
  | 'payment'
  /** Takes (a part of) a payment away again. */
  | 'payment-reduced'
  /** Gives back what was taken away. */
  | 'payment-restored'
  /** To our own bank account; later rows refer to it. */
  | 'settlement'
  /** (A part of) a settlement came back. */
  | 'settlement-returned'
  | 'payin'
  | 'other';

const TYPES: Readonly<Record<Exclude<Meaning, 'other'>, readonly string[]>> = {
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

const MEANINGS = new Map(
  Object.entries(TYPES).flatMap(([meaning, types]) =>
    types.map((type) => [type, meaning as Meaning] as const),
  ),
);

/** Whether money of this meaning comes in or goes out; where a row's sign says otherwise, it is something else. */
const COMES_IN: Readonly<Record<Meaning, boolean | undefined>> = {
  payment: true,
  'payment-reduced': false,
  'payment-restored': true,
  settlement: false,
  'settlement-returned': true,
  payin: true,
  other: undefined,
};

/** @param amount of the row, with its sign */
export function meaningOf(type: string, amount: bigint): Meaning {
  const meaning = MEANINGS.get(type) ?? 'other';
  return amount === 0n || COMES_IN[meaning] === undefined || COMES_IN[meaning] === amount > 0n
    ? meaning
    : 'other';
}
