/** The words of Mollie's API: types of balance transactions and of business account transactions, metadata keys, and ids. */
import { createWordTable } from '@tributary/connector-api';
import type { Movement } from '@tributary/connector-api';

/** The metadata key with the id of the balance transaction, for a row that is served under the id of a payment or a transfer. */
export const BALANCE_TRANSACTION_KEY = 'com.mollie.spec/balance_transaction_id';
export const DESCRIPTION_KEY = 'com.mollie.spec/description';

/** The types of incoming money that is not a payment through Mollie. */
export const TOP_UP_TYPES: readonly string[] = ['topup', 'balance-topup', 'incoming-transfer'];

/**
 * The types of balance transactions by their kind of movement. An `adjustment` takes a failed payment back. Source:
 * `balance-transaction-type` and the description of `context` in Mollie's document, which calls its list "not definitive". Every other type
 * gets the kind `other`.
 */
export const BALANCE_MOVEMENTS = createWordTable<Movement>({
  payment: ['payment', 'capture', 'split-payment', ...TOP_UP_TYPES],
  payout: ['outgoing-transfer', 'outgoing-custom-amount-transfer'],
  payout_return: ['returned-transfer', 'canceled-transfer', 'canceled-outgoing-transfer'],
  refund: ['refund', 'platform-payment-refund'],
  refund_reversal: ['returned-refund', 'returned-platform-payment-refund'],
  dispute: ['chargeback', 'unauthorized-direct-debit', 'platform-payment-chargeback'],
  dispute_reversal: ['chargeback-reversal', 'reversed-platform-payment-chargeback'],
  adjustment: ['failed-payment', 'failed-platform-split-payment'],
  fee: ['application-fee', 'balance-charge-fee', 'fee-prepayment', 'payment-fee'],
});

/** The parts of `deductionDetails` by their kind of movement. Each part becomes a separate row. */
export const DEDUCTION_MOVEMENTS = createWordTable<Movement>({
  fee: ['fees', 'commissions'],
  adjustment: ['repayments', 'reservations'],
});

/** The types of business account transactions by their kind of movement. Any other type becomes a row of type OTHER. */
export const BUSINESS_MOVEMENTS = createWordTable<'payment' | 'transfer'>({
  payment: ['card-payment', 'bank-transfer', 'ideal-payment', 'direct-debit', 'direct-debit-refund'],
  transfer: ['internal-transfer', 'psp-transfer'],
});

/** The types of transaction that an approved draft transfer can become. */
export const TYPES_FROM_DRAFT_TRANSFERS: readonly string[] = ['bank-transfer', 'internal-transfer'];

/** The properties of a response that contain an order. They are the same for payouts and draft transfers. */
export const ORDER_PROPERTIES = {
  psp: 'mollie',
  statusProperty: 'status',
  reasonCode: ['statusReason', 'code'],
  reasonMessage: ['statusReason', 'message'],
};

/** The two lists of Mollie that contain accounts. */
export const ACCOUNT_RESOURCES = ['balances', 'businessAccounts'] as const;
export type AccountResource = (typeof ACCOUNT_RESOURCES)[number];

/** Returns the list that contains an account. Only ids of balances begin with `bal_`. */
export function getAccountResource(id: string): AccountResource {
  return id.startsWith('bal_') ? 'balances' : 'businessAccounts';
}

/** Returns the id of the beneficiary for the organisation's own bank account, to which a balance is paid out. */
export function getBankAccountId(balanceId: string): string {
  return `bank-account-of-${balanceId}`;
}
