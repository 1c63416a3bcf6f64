/** Converts the other fields of an entry to metadata: all except amount, time and accounts. */
import type { Metadata } from '@tributary/connector-api';
import { METADATA_PREFIX } from './metadata-keys.js';
import type { Entry, EntryFacts, ReferenceName } from '../statements/statement.types.js';

export const REFERENCE_KEYS: Readonly<Record<ReferenceName, string>> = {
  endToEndId: 'end_to_end_id',
  transactionId: 'transaction_id',
  uetr: 'uetr',
  instructionId: 'instruction_id',
  messageId: 'message_id',
  paymentInformationId: 'payment_information_id',
  chequeNumber: 'cheque_number',
  mandateId: 'mandate_id',
  clearingReference: 'clearing_reference',
  customerReference: 'customer_reference',
  creditorId: 'creditor_id',
  proprietaryReference: 'proprietary_reference',
};

/** Returns metadata that belong to the entry and to each of its details. */
export function toEntryMetadata(entry: Entry, facts: EntryFacts): Metadata {
  return {
    [`${METADATA_PREFIX}entry_status`]: entry.status,
    [`${METADATA_PREFIX}booking_date`]: entry.bookedAt,
    [`${METADATA_PREFIX}value_date`]: entry.valueAt,
    [`${METADATA_PREFIX}entry_reference`]: entry.entryReference,
    [`${METADATA_PREFIX}reversal`]: entry.reversal ? 'true' : undefined,
    [`${METADATA_PREFIX}bank_reference`]: facts.bankReference,
  };
}

export function toFactsMetadata(facts: EntryFacts): Metadata {
  const { counterparty: party, instructed } = facts;
  const references = Object.entries(facts.references) as [ReferenceName, string | undefined][];
  return {
    ...Object.fromEntries(references.map(([name, value]) => [METADATA_PREFIX + REFERENCE_KEYS[name], value])),
    [`${METADATA_PREFIX}remittance`]: facts.remittance,
    [`${METADATA_PREFIX}creditor_reference`]: facts.creditorReference,
    [`${METADATA_PREFIX}additional_information`]: facts.additionalInformation,
    [`${METADATA_PREFIX}bank_transaction_code`]: facts.bankTransactionCode,
    [`${METADATA_PREFIX}proprietary_code`]: facts.proprietaryCode,
    [`${METADATA_PREFIX}purpose`]: facts.purpose,
    [`${METADATA_PREFIX}return_reason`]: facts.returnReason,
    [`${METADATA_PREFIX}counterparty_name`]: party?.name,
    [`${METADATA_PREFIX}counterparty_iban`]: party?.iban,
    [`${METADATA_PREFIX}counterparty_account_number`]: party?.accountNumber,
    [`${METADATA_PREFIX}counterparty_bic`]: party?.bic,
    [`${METADATA_PREFIX}instructed_amount`]: instructed && `${instructed.amount} ${instructed.currency}`,
    [`${METADATA_PREFIX}exchange_rate`]: facts.exchangeRate,
  };
}

/**
 * Returns charges as `1.50 EUR DBIT included; 2.00 USD`. The amounts stay as found, because banks mix
 * precisions here.
 */
export function toChargesMetadata({ charges }: EntryFacts): Metadata {
  const described = charges?.map(({ amount, currency, creditDebit, included }) =>
    [amount, currency, creditDebit, included === undefined ? '' : included ? 'included' : 'on top']
      .filter(Boolean)
      .join(' '),
  );
  return { [`${METADATA_PREFIX}charges`]: described?.length ? described.join('; ') : undefined };
}
