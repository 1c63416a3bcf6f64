/** Revolut's words: types and states of transactions, and what they mean. */
import { createWordTable } from '@tributary/connector-api';
import type { Movement, OrderStatus, TransactionStatus } from '@tributary/connector-api';

/** The name of the plugin. Metadata keys contain it. */
export const PLUGIN_NAME = 'revolut-business';

/** `payment`: money that an own account pays or receives. `exchange`: two currencies. `other`: a booking by Revolut. */
export type TransactionKind = 'payment' | 'exchange' | 'other';

/** Types of payments that give back what another transaction moved, if they name that transaction. */
const PAYMENT_RETURNS = ['card_chargeback', 'card_refund', 'refund', 'topup_return'];
const OTHER_RETURNS = ['charge_refund', 'tax_refund'];
export const RETURN_TYPES: readonly string[] = [...PAYMENT_RETURNS, ...OTHER_RETURNS];

/** Source: `type` of GET /transactions. A type that Revolut adds later has the kind `other`. */
export const TRANSACTION_KINDS = createWordTable<TransactionKind>({
  payment: ['atm', 'card_credit', 'card_payment', 'rev_payment', 'topup', 'transfer', ...PAYMENT_RETURNS],
  exchange: ['exchange'],
  other: ['charge', 'fee', 'loan', 'tax', ...OTHER_RETURNS],
});

/** The movement of a type that the accounts and the sign do not show. */
export const MOVEMENTS = createWordTable<Movement>({
  conversion: ['exchange'],
  fee: ['charge', 'charge_refund', 'fee'],
  tax: ['tax', 'tax_refund'],
});

/**
 * The status of a transaction whose money did not move, or not yet. A reverted one that never moved money is an authorisation that expired. A
 * state that Revolut adds later is OTHER.
 */
export const TRANSACTION_STATUSES = createWordTable<TransactionStatus>({
  PENDING: ['created', 'pending'],
  FAILED: ['declined', 'failed'],
  CANCELLED: ['reverted'],
});

/** The status of an order. A state that Revolut adds later is not known to be final. */
export const ORDER_STATUSES = createWordTable<OrderStatus>({
  PENDING: ['created', 'pending'],
  SUCCEEDED: ['completed'],
  FAILED: ['declined', 'failed'],
  RETURNED: ['reverted'],
});

/** Returns whether a transaction in this state was decided. A completed one can still be reverted. */
export function isFinalState(state: string): boolean {
  return ['completed', 'declined', 'failed', 'reverted'].includes(state);
}
