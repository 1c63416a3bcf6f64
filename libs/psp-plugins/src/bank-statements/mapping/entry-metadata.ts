/** Converts the fields of an entry to metadata. The amount, the time and the accounts are converted elsewhere. */
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

/** Metadata to which values are added one by one. Joining several objects would take several times as long. */
export type MutableMetadata = Record<string, string | undefined>;

/** Adds a value. An absent value gets no key, because a smaller object is faster. */
export function addMetadata(metadata: MutableMetadata, key: string, value: string | undefined): void {
  if (value !== undefined) metadata[key] = value;
}

/** Adds the metadata that are the same for the entry and for each of its details. */
export function addEntryMetadata(metadata: MutableMetadata, entry: Entry, facts: EntryFacts): void {
  metadata[KEYS.entryStatus] = entry.status;
  addMetadata(metadata, KEYS.bookedAt, entry.bookedAt);
  addMetadata(metadata, KEYS.valueAt, entry.valueAt);
  addMetadata(metadata, KEYS.entryReference, entry.entryReference);
  if (entry.reversal) metadata[KEYS.reversal] = 'true';
  addMetadata(metadata, KEYS.bankReference, facts.bankReference);
}

export function addFactsMetadata(metadata: MutableMetadata, facts: EntryFacts): void {
  const { counterparty: party, instructed, references } = facts;
  for (const name in references)
    addMetadata(metadata, SERVED_REFERENCE_KEYS[name as ReferenceName], references[name as ReferenceName]);
  addMetadata(metadata, KEYS.remittance, facts.remittance);
  addMetadata(metadata, KEYS.creditorReference, facts.creditorReference);
  addMetadata(metadata, KEYS.additionalInformation, facts.additionalInformation);
  addMetadata(metadata, KEYS.bankTransactionCode, facts.bankTransactionCode);
  addMetadata(metadata, KEYS.proprietaryCode, facts.proprietaryCode);
  addMetadata(metadata, KEYS.purpose, facts.purpose);
  addMetadata(metadata, KEYS.returnReason, facts.returnReason);
  if (party) {
    addMetadata(metadata, KEYS.counterpartyName, party.name);
    addMetadata(metadata, KEYS.counterpartyIban, party.iban);
    addMetadata(metadata, KEYS.counterpartyAccountNumber, party.accountNumber);
    addMetadata(metadata, KEYS.counterpartyBic, party.bic);
  }
  if (instructed) metadata[KEYS.instructed] = `${instructed.amount} ${instructed.currency}`;
  addMetadata(metadata, KEYS.exchangeRate, facts.exchangeRate);
}

/**
 * Adds charges in the form `1.50 EUR DBIT included; 2.00 USD`. The amounts stay as they are in the file, because banks use different
 * precisions for charges.
 */
export function addChargesMetadata(metadata: MutableMetadata, { charges }: EntryFacts): void {
  const described = charges?.map(({ amount, currency, creditDebit, included }) =>
    [amount, currency, creditDebit, included === undefined ? '' : included ? 'included' : 'on top']
      .filter(Boolean)
      .join(' '),
  );
  if (described?.length) metadata[KEYS.charges] = described.join('; ');
}
