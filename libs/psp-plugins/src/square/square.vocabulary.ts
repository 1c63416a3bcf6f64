/** The words of Square's API and their meaning: statuses, states and types of payout entries. */
import { createWordTable } from '@tributary/connector-api';
import type { DisputeState, Movement, TransactionStatus } from '@tributary/connector-api';

/** The name of the plugin, which is part of its metadata keys. */
export const PLUGIN_NAME = 'square';

/**
 * The statuses of payments, by the served status. A status that Square adds later becomes OTHER, because it is unknown whether the money
 * has moved. Source: `Payment.status`.
 */
export const PAYMENT_STATUSES = createWordTable<TransactionStatus>({
  PENDING: ['APPROVED', 'PENDING'],
  SUCCEEDED: ['COMPLETED'],
  CANCELLED: ['CANCELED'],
  FAILED: ['FAILED'],
});

/**
 * The statuses of refunds, by the served status. A refund that is `undecided` gets no row, because such a row would mark the payment as
 * pending. Source: `PaymentRefund.status`.
 */
export const REFUND_STATUSES = createWordTable<'undecided' | TransactionStatus>({
  undecided: ['PENDING'],
  REFUNDED: ['COMPLETED'],
  REFUNDED_FAILURE: ['REJECTED', 'FAILED'],
});

/**
 * The statuses of payouts, by the served status. A payout that failed is REFUNDED: its money left the location and came back.
 * Source: `PayoutStatus`.
 */
export const PAYOUT_STATUSES = createWordTable<TransactionStatus>({
  PENDING: ['SENT'],
  SUCCEEDED: ['PAID'],
  REFUNDED: ['FAILED'],
});

/** The states of disputes. During an inquiry, Square does not take the money yet. Source: `DisputeState`. */
export const DISPUTE_STATES = createWordTable<DisputeState>({
  inquiry: ['INQUIRY_EVIDENCE_REQUIRED', 'INQUIRY_PROCESSING'],
  'inquiry-closed': ['INQUIRY_CLOSED'],
  withdrawn: ['EVIDENCE_REQUIRED', 'PROCESSING', 'LOST', 'ACCEPTED'],
  won: ['WON'],
});

/**
 * The sources of payments, and the destinations of refunds, whose money does not pass through Square at this moment. The money of cash and
 * external payments never passes through Square. The money of Square's own gift cards (card brand SQUARE_GIFT_CARD) arrived earlier, when
 * they were sold.
 */
export const OUTSIDE_SOURCES: readonly string[] = ['CASH', 'EXTERNAL', 'SQUARE_GIFT_CARD'];

/**
 * The types of payout entries by their kind of movement. `listed` means that the row of a payment, refund, dispute or payout already
 * contains the money: the gross amount, the processing fee, the application fee or the transfer fee. A `listed` entry gets no row, because
 * its money would count twice. A type that Square adds later gets the kind `other`, so that its money is not lost. Source: `ActivityType`.
 */
export const ENTRY_MOVEMENTS = createWordTable<'listed' | Movement>({
  listed: [
    ...['CHARGE', 'REFUND', 'DISPUTE', 'OPEN_DISPUTE', 'PAYOUT', 'RETURNED_PAYOUT'],
    ...['MONEY_TRANSFER', 'MONEY_TRANSFER_REVERSAL', 'DEPOSIT_FEE', 'FEE', 'PROCESSING_FEE'],
    ...['PROCESSING_FEE_REFUND', 'UNDO_PROCESSING_FEE_REFUND', 'THIRD_PARTY_FEE', 'THIRD_PARTY_FEE_REFUND'],
  ],
  fee: [
    ...['DEPOSIT_FEE_REVERSED', 'FREE_PROCESSING', 'PAID_SERVICE_FEE', 'PAID_SERVICE_FEE_REFUND'],
    ...['SUBSCRIPTION_FEE', 'SUBSCRIPTION_FEE_PAID_REFUND', 'SUBSCRIPTION_FEE_REFUND', 'LOCAL_OFFERS_FEE'],
    ...['GIFT_CARD_LOAD_FEE', 'GIFT_CARD_LOAD_FEE_REFUND', 'UNDO_GIFT_CARD_LOAD_FEE_REFUND'],
  ],
  tax: ['TAX_ON_FEE'],
  transfer: [
    ...['AUTOMATIC_SAVINGS', 'AUTOMATIC_SAVINGS_REVERSED', 'BALANCE_FOLDERS_TRANSFER'],
    ...['BALANCE_FOLDERS_TRANSFER_REVERSED', 'GIFT_CARD_POOL_TRANSFER', 'GIFT_CARD_POOL_TRANSFER_REVERSED'],
  ],
  conversion: ['AUTOMATIC_BITCOIN_CONVERSIONS', 'AUTOMATIC_BITCOIN_CONVERSIONS_REVERSED'],
  adjustment: [
    ...['ADJUSTMENT', 'HOLD_ADJUSTMENT', 'RELEASE_ADJUSTMENT', 'OTHER_ADJUSTMENT', 'RESERVE_HOLD'],
    ...['RESERVE_RELEASE', 'INITIAL_BALANCE_CHANGE', 'ESCHEATMENT', 'REDEMPTION_CODE'],
  ],
  other: [
    ...['OTHER', 'APP_FEE_REVENUE', 'APP_FEE_REFUND', 'SQUARE_CAPITAL_PAYMENT'],
    ...['SQUARE_CAPITAL_REVERSED_PAYMENT', 'CREDIT_CARD_REPAYMENT', 'CREDIT_CARD_REPAYMENT_REVERSED'],
    ...['LOCAL_OFFERS_CASHBACK', 'PERCENTAGE_PROCESSING_ENROLLMENT', 'PERCENTAGE_PROCESSING_DEACTIVATION'],
    ...['PERCENTAGE_PROCESSING_REPAYMENT', 'PERCENTAGE_PROCESSING_REPAYMENT_REVERSED'],
    ...['SQUARE_PAYROLL_TRANSFER', 'SQUARE_PAYROLL_TRANSFER_REVERSED'],
  ],
});

/** The names of the ids in the details of an entry. The most specific id is last. */
export const ENTRY_IDS = ['payment_id', 'refund_id', 'dispute_id', 'payout_id'] as const;

/** The properties that become metadata. They change only if the object changes, and contain no personal data of the payer. */
export const PAYMENT_PROPERTIES = [
  ...['status', 'source_type', 'order_id', 'customer_id', 'team_member_id', 'receipt_number', 'receipt_url'],
  ...['is_offline_payment', 'delayed_until', 'terminal_checkout_id'],
];
export const PAYMENT_METADATA = {
  tip_amount: ['tip_money', 'amount'],
  card_last_4: ['card_details', 'card', 'last_4'],
  card_entry_method: ['card_details', 'entry_method'],
  external_type: ['external_details', 'type'],
  external_source: ['external_details', 'source'],
  application_id: ['application_details', 'application_id'],
};
export const REFUND_PROPERTIES = ['status', 'payment_id', 'order_id', 'destination_type', 'unlinked'];
export const DISPUTE_PROPERTIES = ['state', 'reason', 'due_at', 'brand_dispute_id', 'reported_at'];
