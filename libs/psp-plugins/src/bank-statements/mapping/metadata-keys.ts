/**
 * The prefix of the plugin's metadata keys. The keys below are used by several files. docs/guides/bank-files.md describes their meaning.
 */
export const METADATA_PREFIX = 'com.bank-statements.spec/';

export const METADATA_KEYS = {
  statement: `${METADATA_PREFIX}statement`,
  statementBreak: `${METADATA_PREFIX}statement_break`,
  announcedBy: `${METADATA_PREFIX}announced_by`,
  interimUntil: `${METADATA_PREFIX}interim_until`,
  createdAt: `${METADATA_PREFIX}created_at`,
  amount: `${METADATA_PREFIX}amount`,
  counterpartyAccount: `${METADATA_PREFIX}counterparty_account`,
  batchCount: `${METADATA_PREFIX}batch_count`,
  batchAmount: `${METADATA_PREFIX}batch_amount`,
  batchReference: `${METADATA_PREFIX}batch_reference`,
  fingerprint: `${METADATA_PREFIX}imprint`,
} as const;

/** The keys whose values come from the booked entry. A later report must not change these values. */
export const BOOKED_ENTRY_KEYS = {
  bookedAt: `${METADATA_PREFIX}booking_date`,
  valueAt: `${METADATA_PREFIX}value_date`,
  entryReference: `${METADATA_PREFIX}entry_reference`,
  reversal: `${METADATA_PREFIX}reversal`,
} as const;
