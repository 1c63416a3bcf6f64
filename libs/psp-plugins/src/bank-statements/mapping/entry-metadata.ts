/** Converts the fields of an entry to metadata. The amount, the time and the accounts are converted elsewhere. */
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

/**
 * The metadata keys as they are served. They are constants, because building them for each entry would take longer than the rest of the
 * conversion.
 */
const KEYS = {
  entryStatus: `${METADATA_PREFIX}entry_status`,
  bookedAt: `${METADATA_PREFIX}booking_date`,
  valueAt: `${METADATA_PREFIX}value_date`,
  entryReference: `${METADATA_PREFIX}entry_reference`,
  reversal: `${METADATA_PREFIX}reversal`,
  bankReference: `${METADATA_PREFIX}bank_reference`,
  remittance: `${METADATA_PREFIX}remittance`,
  creditorReference: `${METADATA_PREFIX}creditor_reference`,
  additionalInformation: `${METADATA_PREFIX}additional_information`,
  bankTransactionCode: `${METADATA_PREFIX}bank_transaction_code`,
  proprietaryCode: `${METADATA_PREFIX}proprietary_code`,
  purpose: `${METADATA_PREFIX}purpose`,
  returnReason: `${METADATA_PREFIX}return_reason`,
  counterpartyName: `${METADATA_PREFIX}counterparty_name`,
  counterpartyIban: `${METADATA_PREFIX}counterparty_iban`,
  counterpartyAccountNumber: `${METADATA_PREFIX}counterparty_account_number`,
  counterpartyBic: `${METADATA_PREFIX}counterparty_bic`,
  instructed: `${METADATA_PREFIX}instructed_amount`,
  exchangeRate: `${METADATA_PREFIX}exchange_rate`,
  charges: `${METADATA_PREFIX}charges`,
} as const;
const SERVED_REFERENCE_KEYS = Object.fromEntries(
  Object.entries(REFERENCE_KEYS).map(([name, key]) => [name, METADATA_PREFIX + key]),
) as Readonly<Record<ReferenceName, string>>;

/** Returns the metadata that are the same for the entry and for each of its details. */
export function toEntryMetadata(entry: Entry, facts: EntryFacts): Metadata {
  return {
    [KEYS.entryStatus]: entry.status,
    [KEYS.bookedAt]: entry.bookedAt,
    [KEYS.valueAt]: entry.valueAt,
    [KEYS.entryReference]: entry.entryReference,
    [KEYS.reversal]: entry.reversal ? 'true' : undefined,
    [KEYS.bankReference]: facts.bankReference,
  };
}

export function toFactsMetadata(facts: EntryFacts): Metadata {
  const { counterparty: party, instructed, references } = facts;
  const metadata: Record<string, string | undefined> = {};
  for (const name in references)
    metadata[SERVED_REFERENCE_KEYS[name as ReferenceName]] = references[name as ReferenceName];
  metadata[KEYS.remittance] = facts.remittance;
  metadata[KEYS.creditorReference] = facts.creditorReference;
  metadata[KEYS.additionalInformation] = facts.additionalInformation;
  metadata[KEYS.bankTransactionCode] = facts.bankTransactionCode;
  metadata[KEYS.proprietaryCode] = facts.proprietaryCode;
  metadata[KEYS.purpose] = facts.purpose;
  metadata[KEYS.returnReason] = facts.returnReason;
  metadata[KEYS.counterpartyName] = party?.name;
  metadata[KEYS.counterpartyIban] = party?.iban;
  metadata[KEYS.counterpartyAccountNumber] = party?.accountNumber;
  metadata[KEYS.counterpartyBic] = party?.bic;
  metadata[KEYS.instructed] = instructed && `${instructed.amount} ${instructed.currency}`;
  metadata[KEYS.exchangeRate] = facts.exchangeRate;
  return metadata;
}

/**
 * Returns charges in the form `1.50 EUR DBIT included; 2.00 USD`. The amounts stay as they are in the file, because banks use different
 * precisions for charges.
 */
export function toChargesMetadata({ charges }: EntryFacts): Metadata {
  const described = charges?.map(({ amount, currency, creditDebit, included }) =>
    [amount, currency, creditDebit, included === undefined ? '' : included ? 'included' : 'on top']
      .filter(Boolean)
      .join(' '),
  );
  return { [KEYS.charges]: described?.length ? described.join('; ') : undefined };
}
