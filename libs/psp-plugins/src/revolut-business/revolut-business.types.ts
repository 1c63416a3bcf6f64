/** Revolut's words: types and states of transactions, and what they mean. */
import type { Movement, OrderStatus, TransactionStatus } from '@tributary/connector-api';

/** The name of the plugin. Metadata keys contain it. */
export const PLUGIN_NAME = 'revolut-business';

/** `payment`: money that an own account pays or receives. `exchange`: two currencies. `other`: a booking by Revolut. */
export type TransactionKind = 'payment' | 'exchange' | 'other';

/** Source: `type` of GET /transactions. A type that Revolut adds later has the kind `other`. */
export const TRANSACTION_KINDS: Readonly<Record<string, TransactionKind>> = {
  atm: 'payment',
  card_chargeback: 'payment',
  card_credit: 'payment',
  card_payment: 'payment',
  card_refund: 'payment',
  charge: 'other',
  charge_refund: 'other',
  exchange: 'exchange',
  fee: 'other',
  loan: 'other',
  refund: 'payment',
  rev_payment: 'payment',
  tax: 'other',
  tax_refund: 'other',
  topup: 'payment',
  topup_return: 'payment',
  transfer: 'payment',
};

/** Types that give back what another transaction moved, if they name that transaction. */
export const RETURN_TYPES = /^(card_chargeback|card_refund|charge_refund|refund|tax_refund|topup_return)$/;

/** The movement of a type that the accounts and the sign do not show. */
export const MOVEMENTS: Readonly<Record<string, Movement>> = {
  charge: 'fee',
  charge_refund: 'fee',
  exchange: 'conversion',
  fee: 'fee',
  tax: 'tax',
  tax_refund: 'tax',
};

/**
 * The status of a transaction whose money did not move, or not yet. A reverted one that never moved money is an authorisation that expired. A
 * state that Revolut adds later is OTHER.
 */
export const TRANSACTION_STATUSES: Readonly<Record<string, TransactionStatus>> = {
  created: 'PENDING',
  pending: 'PENDING',
  declined: 'FAILED',
  failed: 'FAILED',
  reverted: 'CANCELLED',
};

/** The status of an order. A state that Revolut adds later is not known to be final. */
export const ORDER_STATUSES: Readonly<Record<string, OrderStatus>> = {
  created: 'PENDING',
  pending: 'PENDING',
  completed: 'SUCCEEDED',
  declined: 'FAILED',
  failed: 'FAILED',
  reverted: 'RETURNED',
};

/** Returns whether a transaction in this state was decided. A completed one can still be reverted. */
export function isFinalState(state: string): boolean {
  return ['completed', 'declined', 'failed', 'reverted'].includes(state);
}
