/** GoCardless' words: statuses, types of payout items and of balances, and what they mean. */
import { createWordTable } from '@tributary/connector-api';
import type { Movement, Stream, TransactionStatus } from '@tributary/connector-api';

/** The name of the plugin. Metadata keys contain it. */
export const PLUGIN_NAME = 'gocardless';

/** The metadata key of the creditor of a row. */
export const CREDITOR_KEY = `com.${PLUGIN_NAME}.spec/creditor`;
/** The metadata key of the mandate of a payment. */
export const MANDATE_KEY = `com.${PLUGIN_NAME}.spec/mandate`;
/** The metadata of a payer, by the properties of the bank account. */
export const PAYER_METADATA = {
  'com.tributary.spec/counterparty_name': ['account_holder_name'],
  [`com.${PLUGIN_NAME}.spec/customer`]: ['links', 'customer'],
};

/** The lists whose objects become transactions. An event has the same word in `resource_type`. */
export const TRANSACTION_RESOURCES = ['payments', 'refunds', 'payouts', 'outbound_payments'] as const;
export type TransactionResource = (typeof TRANSACTION_RESOURCES)[number];

/** Returns the name of a list in `links` and in the parameter `include` of events: `payments` → `payment`. */
export function getLinkName(resource: TransactionResource): string {
  return resource.replace(/s$/, '');
}

/**
 * The status of a payment that is in no payout. A payment that was paid out stays SUCCEEDED: a chargeback or a late failure is an item of a later
 * payout. A chargeback before the payout takes the money of the payment itself.
 */
export const PAYMENT_STATUSES = createWordTable<TransactionStatus>({
  PENDING: ['pending_customer_approval', 'pending_submission', 'submitted'],
  SUCCEEDED: ['confirmed', 'paid_out'],
  CANCELLED: ['cancelled'],
  FAILED: ['customer_approval_denied', 'failed'],
  DISPUTE_LOST: ['charged_back'],
});

/** `none`: no money has left yet, or never will. `paid`: a payout was reduced by the refund. `returned`: its money came back. */
export const REFUND_STATES = createWordTable<'none' | 'paid' | 'returned'>({
  none: ['created', 'pending_submission', 'submitted', 'cancelled'],
  paid: ['paid', 'bounced'],
  returned: ['funds_returned'],
});

/** Whether the money of a payout is away. A payout that bounced was sent before, and can be sent again. */
export const PAYOUT_STATES = createWordTable({ pending: 'pending', sent: 'paid', returned: 'bounced' });

/**
 * The types of payout items, see `toSettlementRows`. `payment_paid_out`, `payment_refunded`, `refund` and `refund_funds_returned` are the movements of objects that have lists
 * of their own.
 */
export const ITEM_MOVEMENTS = createWordTable<Movement>({
  payment: ['payment_paid_out'],
  adjustment: ['payment_failed'],
  dispute: ['payment_charged_back'],
  refund: ['payment_refunded', 'refund'],
  refund_reversal: ['refund_funds_returned'],
  fee: ['gocardless_fee', 'app_fee', 'surcharge_fee'],
  other: ['revenue_share'],
});

/** Outbound payments, before and after they leave the payment account. An order that is CANCELLED has failed. */
export const OUTBOUND_STATUSES = createWordTable<'PENDING' | 'SUCCEEDED' | 'CANCELLED' | 'FAILED'>({
  PENDING: ['verifying', 'pending_approval', 'scheduled', 'executing'],
  SUCCEEDED: ['executed'],
  CANCELLED: ['cancelled'],
  FAILED: ['failed'],
});

/** Whether the money of a balance is with GoCardless already. Submitted payments are still with the banks. */
export const BALANCE_TYPES = createWordTable<'held' | 'expected'>({
  held: ['confirmed_funds', 'pending_payouts'],
  expected: ['pending_payments_submitted'],
});

/** The key in the metadata of an outbound payment that contains the key of its order. */
export const ORDER_KEY_NAME = 'tributary_order';

/** The stream that an event in a webhook starts, by its `resource_type`. Events of other types start none. */
export const WEBHOOK_STREAMS = createWordTable<Stream>({
  transactions: [...TRANSACTION_RESOURCES, 'payment_account_transactions'],
  accounts: ['creditors'],
});
