/** Adyen's words: types and statuses of transfers, and what they mean. */
import { createWordTable } from '@tributary/connector-api';
import type { Movement, OrderStatus, TransactionStatus } from '@tributary/connector-api';

/** The name of the plugin. Metadata keys contain it. */
export const PLUGIN_NAME = 'adyen-balance-platform';

/** Decimal places that differ from ISO 4217. Source: Adyen's page "Currency codes and minor units". */
export const CURRENCY_DECIMALS: Readonly<Record<string, number>> = { CLP: 2, CVE: 0, IDR: 0, ISK: 2 };

/** `reversal` takes a payment back without being a refund. The other words are those of `Movement`, without the ones that the direction tells. */
export type TransferKind = 'reversal' | Exclude<Movement, 'payout' | 'conversion' | `${string}_${string}`>;

/** Source: `type` of GET /transfers. A type that Adyen adds later has the kind `other`. */
export const TRANSFER_KINDS = createWordTable<TransferKind>({
  payment: 'payment capture atmWithdrawal bankTransfer bankDirectDebit cardTransfer',
  refund: 'refund refundReversal',
  dispute:
    'chargeback chargebackCorrection chargebackReversal chargebackReversalCorrection ' +
    'secondChargeback secondChargebackCorrection',
  reversal: 'captureReversal atmWithdrawalReversal',
  transfer: 'internalTransfer internalDirectDebit',
  fee: 'fee miscCost paymentCost invoiceDeduction cashoutFee',
  adjustment:
    'manualCorrection depositCorrection reserveAdjustment leftover balanceAdjustment balanceRollover ' +
    'balanceMigration',
  other:
    'grant capitalFundsCollection cashOutInstruction cashoutRepayment cashoutFunding repayment ' +
    'installment installmentReversal',
});

/** The kind of a transfer without a type, by its category. Source: `category` of GET /transfers. */
export const CATEGORY_KINDS = createWordTable<TransferKind>({
  payment: 'bank card issuedCard platformPayment topUp',
  transfer: 'internal',
  interest: 'interest',
  adjustment: 'migration upgrade',
});

/** The kinds of the parts of a split payment that are not its amount. Source: `platformPaymentType`. */
export const SPLIT_KINDS = createWordTable<TransferKind>({
  fee: 'AcquiringFees AdyenCommission AdyenFees AdyenMarkup DCCMarkup Interchange PaymentFee SchemeFee',
  tax: 'VAT',
});

/** Categories of transfers that POST /transfers creates for orders. */
export const ORDER_CATEGORIES: readonly string[] = ['bank', 'internal'];
/** Types whose money moves against `direction`: the receiver of the request pays. */
export const DIRECT_DEBIT_TYPES: readonly string[] = ['bankDirectDebit', 'internalDirectDebit'];

type MovementsByDirection = Readonly<Record<'incoming' | 'outgoing', Movement>>;

/**
 * The movement of a transfer that belongs to a payment by a shopper, by the direction of its money. The movement of a correction depends on this
 * direction only, and not on the name of its type.
 */
export const ACQUIRING_MOVEMENTS: Readonly<
  Record<'payment' | 'refund' | 'dispute' | 'reversal', MovementsByDirection>
> = {
  payment: { incoming: 'payment', outgoing: 'other' },
  refund: { incoming: 'refund_reversal', outgoing: 'refund' },
  dispute: { incoming: 'dispute_reversal', outgoing: 'dispute' },
  reversal: { incoming: 'other', outgoing: 'adjustment' },
};

/**
 * The status of a transfer whose events say nothing about the balance. SUCCEEDED: its money moved. REFUNDED: its money moved and came back.
 * OTHER: it is not known. Source: `status` of GET /transfers. A status that Adyen adds later is OTHER.
 */
export const TRANSFER_STATUSES = createWordTable<TransactionStatus>({
  PENDING:
    'received pending pendingApproval approvalPending pendingExecution bookingPending authorised ' +
    'adviceAuthorised authAdjustmentAuthorised authAdjustmentError authAdjustmentRefused ' +
    'atmWithdrawalReversalPending bankTransferPending capturePending captureReversalPending ' +
    'chargebackPending chargebackReversalPending feePending depositCorrectionPending ' +
    'internalTransferPending invoiceDeductionPending miscCostPending manualCorrectionPending ' +
    'matchedStatementPending merchantPayinPending paymentCostPending merchantPayinReversedPending ' +
    'refundPending refundReversalPending reserveAdjustmentPending secondChargebackPending',
  SUCCEEDED:
    'booked credited captured refunded chargeback secondChargeback atmWithdrawal bankTransfer ' +
    'internalTransfer fee miscCost paymentCost invoiceDeduction depositCorrection manuallyCorrected ' +
    'matchedStatement merchantPayin reserveAdjustment interchangeAdjusted captureReversed ' +
    'chargebackReversed refundReversed atmWithdrawalReversed merchantPayinReversed',
  FAILED: 'failed refused rejected error adviceRefused',
  CANCELLED: 'cancelled',
  EXPIRED: 'expired',
  REFUNDED: 'returned reversed',
  OTHER:
    'capturedExternally chargebackExternally refundedExternally dispute disputeClosed disputeExpired ' +
    'disputeNeedsReview undefined',
});

/** The statuses of a transfer whose money moved, and the statuses of one that failed. */
export const BOOKED_STATUSES: readonly TransactionStatus[] = ['SUCCEEDED', 'REFUNDED'];
export const FAILED_STATUSES: readonly TransactionStatus[] = ['FAILED', 'CANCELLED', 'EXPIRED'];

/** The status of an order. Every other status is not final. */
export const ORDER_STATUSES = createWordTable<OrderStatus>({
  SUCCEEDED: 'SUCCEEDED',
  FAILED: [...FAILED_STATUSES],
  RETURNED: 'REFUNDED',
});

/** The properties of a transfer and of its `categoryData` that every row has in its metadata. */
export const TRANSFER_PROPERTIES =
  'category type status direction reason reference referenceForBeneficiary description'.split(' ');
export const CATEGORY_PROPERTIES = (
  'platformPaymentType pspPaymentReference modificationPspReference paymentMerchantReference ' +
  'modificationMerchantReference authorisationType processingType schemeTraceId'
).split(' ');
export const TRANSFER_METADATA = {
  ...{ balance_account_id: ['balanceAccount', 'id'], account_holder_id: ['accountHolder', 'id'] },
  payment_instrument_id: ['paymentInstrument', 'id'],
  external_reason: ['externalReason', 'code'],
  merchant_id: ['counterparty', 'merchant', 'merchantId'],
  mandate_id: ['directDebitInformation', 'mandateId'],
};
/** The keys under which a row has its own id, and the ids of its booking and of its account. */
export const ROW_KEYS = {
  ownId: `com.${PLUGIN_NAME}.spec/transfer_id`,
  booking: `com.${PLUGIN_NAME}.spec/transaction_id`,
  account: `com.${PLUGIN_NAME}.spec/balance_account_id`,
};

/** Where a transfer has the details of a row. The first path with a value counts. */
export const DETAIL_PATHS = {
  reference: 'referenceForBeneficiary description',
  merchantReference: 'categoryData.paymentMerchantReference reference',
  counterpartyName: 'counterparty.bankAccount.accountHolder.fullName counterparty.merchant.nameLocation.name',
  counterpartyAccount:
    'counterparty.bankAccount.accountIdentification.iban counterparty.bankAccount.accountIdentification.accountNumber',
};
/** Where a bank account of a counterparty has the details of its owner. */
export const OWNER_PROPERTY_PATHS = {
  ...{ iban: 'accountIdentification.iban', accountNumber: 'accountIdentification.accountNumber' },
  ...{ swiftBicCode: 'accountIdentification.bic', country: 'accountHolder.address.country' },
  ...{ city: 'accountHolder.address.city', postalCode: 'accountHolder.address.postalCode' },
  addressLine1: 'accountHolder.address.line1',
};
