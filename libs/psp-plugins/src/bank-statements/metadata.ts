/** Converts the other fields of an entry to metadata: all except amount, time and accounts. */
import type { Metadata } from '@tributary/connector-api';
import { PREFIX } from './metadata-keys.js';
import type { Entry, EntryFacts, ReferenceName } from './statement.js';

const REFERENCE_KEYS: Readonly<Record<ReferenceName, string>> = {
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
export function entryMetadata(entry: Entry, facts: EntryFacts): Metadata {
  return {
    [`${PREFIX}entry_status`]: entry.status,
    [`${PREFIX}booking_date`]: entry.bookedAt,
    [`${PREFIX}value_date`]: entry.valueAt,
    [`${PREFIX}entry_reference`]: entry.entryReference,
    [`${PREFIX}reversal`]: entry.reversal ? 'true' : undefined,
    [`${PREFIX}bank_reference`]: facts.bankReference,
  };
}

export function factsMetadata(facts: EntryFacts): Metadata {
  const { counterparty: party, instructed } = facts;
  const references = Object.entries(facts.references) as [ReferenceName, string | undefined][];
  return {
    ...Object.fromEntries(references.map(([name, value]) => [PREFIX + REFERENCE_KEYS[name], value])),
    [`${PREFIX}remittance`]: facts.remittance,
    [`${PREFIX}creditor_reference`]: facts.creditorReference,
    [`${PREFIX}additional_information`]: facts.additionalInformation,
    [`${PREFIX}bank_transaction_code`]: facts.bankTransactionCode,
    [`${PREFIX}proprietary_code`]: facts.proprietaryCode,
    [`${PREFIX}purpose`]: facts.purpose,
    [`${PREFIX}return_reason`]: facts.returnReason,
    [`${PREFIX}counterparty_name`]: party?.name,
    [`${PREFIX}counterparty_iban`]: party?.iban,
    [`${PREFIX}counterparty_account_number`]: party?.accountNumber,
    [`${PREFIX}counterparty_bic`]: party?.bic,
    [`${PREFIX}instructed_amount`]: instructed && `${instructed.amount} ${instructed.currency}`,
    [`${PREFIX}exchange_rate`]: facts.exchangeRate,
  };
}

/**
 * Returns charges as `1.50 EUR DBIT included; 2.00 USD`. The amounts stay as found, because banks mix
 * precisions here.
 */
export function chargesMetadata({ charges }: EntryFacts): Metadata {
  const described = charges?.map(({ amount, currency, creditDebit, included }) =>
    [amount, currency, creditDebit, included === undefined ? '' : included ? 'included' : 'on top']
      .filter(Boolean)
      .join(' '),
  );
  return { [`${PREFIX}charges`]: described?.length ? described.join('; ') : undefined };
}
