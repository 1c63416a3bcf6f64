/**
 * The kinds of a transaction, e.g. refund or fee. The kind is served as the metadata `com.tributary.spec/movement`. Reconciliation needs
 * it, because the types of the contract do not distinguish a fee from interest, or a refund from a returned payout.
 */
export const MOVEMENTS = [
  'payment',
  'refund',
  'refund_reversal',
  'fee',
  'dispute',
  'dispute_reversal',
  'payout',
  'payout_return',
  'transfer',
  'conversion',
  'adjustment',
  'interest',
  'tax',
  'other',
] as const;
export type Movement = (typeof MOVEMENTS)[number];
