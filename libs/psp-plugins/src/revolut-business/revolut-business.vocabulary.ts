/** Revolut's words: types and states of transactions, and their meanings. */
import { createWordTable } from '@tributary/connector-api';
import type { Movement, OrderStatus, TransactionStatus } from '@tributary/connector-api';

/** The name of the plugin. Metadata keys contain it. */
export const PLUGIN_NAME = 'revolut-business';

/** `payment`: money that an own account pays or receives. `exchange`: two currencies. `other`: a booking by Revolut. */
export type TransactionKind = 'payment' | 'exchange' | 'other';

/** Types of payments that return money of another transaction, if they contain the id of that transaction. */
const PAYMENT_RETURNS = ['card_chargeback', 'card_refund', 'refund', 'topup_return'];
const OTHER_RETURNS = ['charge_refund', 'tax_refund'];
export const RETURN_TYPES: readonly string[] = [...PAYMENT_RETURNS, ...OTHER_RETURNS];

/** Source: `type` of GET /transactions. A type that Revolut adds later gets the kind `other`. */
export const TRANSACTION_KINDS = createWordTable<TransactionKind>({
  payment: ['atm', 'card_credit', 'card_payment', 'rev_payment', 'topup', 'transfer', ...PAYMENT_RETURNS],
  exchange: ['exchange'],
  other: ['charge', 'fee', 'loan', 'tax', ...OTHER_RETURNS],
});

/** The movements of types that cannot be derived from the accounts and the sign. */
export const MOVEMENTS = createWordTable<Movement>({
  conversion: ['exchange'],
  fee: ['charge', 'charge_refund', 'fee'],
  tax: ['tax', 'tax_refund'],
});

/**
 * The status of a transaction whose money has not moved. A reverted transaction that never moved money is an expired authorisation. A state
 * that Revolut adds later is OTHER.
 */
export const TRANSACTION_STATUSES = createWordTable<TransactionStatus>({
  PENDING: ['created', 'pending'],
  FAILED: ['declined', 'failed'],
  CANCELLED: ['reverted'],
});

/** The status of an order. A state that Revolut adds later is treated as not final. */
export const ORDER_STATUSES = createWordTable<OrderStatus>({
  PENDING: ['created', 'pending'],
  SUCCEEDED: ['completed'],
  FAILED: ['declined', 'failed'],
  RETURNED: ['reverted'],
});

/** Returns true if a transaction in this state was decided. A completed transaction can still be reverted. */
export function isFinalState(state: string): boolean {
  return ['completed', 'declined', 'failed', 'reverted'].includes(state);
}
