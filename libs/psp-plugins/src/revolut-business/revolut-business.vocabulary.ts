/** The words of Revolut's API, i.e. the types and states of transactions, and their meanings. */
import { createWordTable } from '@tributary/connector-api';
import type { Movement, OrderStatus, TransactionStatus } from '@tributary/connector-api';

/** The name of the plugin, which is part of its metadata keys. */
export const PLUGIN_NAME = 'revolut-business';

/**
 * The kinds of transactions. `payment`: money that an own account pays or receives. `exchange`: two currencies. `other`: a booking by
 * Revolut.
 */
export type TransactionKind = 'payment' | 'exchange' | 'other';

/**
 * The types of payments that return the money of another transaction. A row of such a type is a return only if it contains the id of the
 * other transaction.
 */
const PAYMENT_RETURNS = ['card_chargeback', 'card_refund', 'refund', 'topup_return'];
const OTHER_RETURNS = ['charge_refund', 'tax_refund'];
export const RETURN_TYPES: readonly string[] = [...PAYMENT_RETURNS, ...OTHER_RETURNS];

/** The types of transactions by their kind. A type that Revolut adds later gets the kind `other`. Source: `type` of GET /transactions. */
export const TRANSACTION_KINDS = createWordTable<TransactionKind>({
  payment: ['atm', 'card_credit', 'card_payment', 'rev_payment', 'topup', 'transfer', ...PAYMENT_RETURNS],
  exchange: ['exchange'],
  other: ['charge', 'fee', 'loan', 'tax', ...OTHER_RETURNS],
});

/** The kinds of movement of those types for which the accounts and the sign do not show the kind. */
export const MOVEMENTS = createWordTable<Movement>({
  conversion: ['exchange'],
  fee: ['charge', 'charge_refund', 'fee'],
  tax: ['tax', 'tax_refund'],
});

/**
 * The status of a transaction whose money has not moved, by Revolut's state. A reverted transaction that never moved money is an expired
 * authorisation. A state that Revolut adds later gets the status OTHER.
 */
export const TRANSACTION_STATUSES = createWordTable<TransactionStatus>({
  PENDING: ['created', 'pending'],
  FAILED: ['declined', 'failed'],
  CANCELLED: ['reverted'],
});

/** The status of an order, by Revolut's state. A state that Revolut adds later is treated as not final. */
export const ORDER_STATUSES = createWordTable<OrderStatus>({
  PENDING: ['created', 'pending'],
  SUCCEEDED: ['completed'],
  FAILED: ['declined', 'failed'],
  RETURNED: ['reverted'],
});

/** Returns true if a transaction in this state was decided, i.e. is no longer open. A completed transaction can still be reverted. */
export function isFinalState(state: string): boolean {
  return ['completed', 'declined', 'failed', 'reverted'].includes(state);
}
