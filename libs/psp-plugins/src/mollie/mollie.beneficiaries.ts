/**
 * Maps payees to beneficiaries. A balance pays to the organisation's own bank account, a business account to every IBAN with a name. No side
 * effects.
 */
import { isIBAN } from 'class-validator';
import type { Beneficiary } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { OWNER_METADATA_PREFIX, MOLLIE_PREFIX } from './mollie.metadata-keys.js';

export interface Payee {
  name: string;
  iban: string;
}

/** Returns the organisation's own bank account to which a balance is paid out; nothing when it is not set up. */
export function toOwnBankAccounts(balance: Json): Beneficiary[] {
  const destination = balance.optionalObject('transferDestination');
  if (destination === undefined) return [];
  const ownerName =
    destination.optionalString('beneficiaryName') ?? balance.optionalString('description') ?? 'bank account';
  const metadata = {
    [`${MOLLIE_PREFIX}balance_id`]: balance.string('id'),
    [`${MOLLIE_PREFIX}destination_type`]: destination.optionalString('type'),
    [`${OWNER_METADATA_PREFIX}name`]: ownerName,
    [`${OWNER_METADATA_PREFIX}accountNumber`]: destination.optionalString('bankAccount'),
  };
  return [{ id: getBankAccountId(balance.string('id')), ownerName, metadata }];
}

export function getBankAccountId(balanceId: string): string {
  return `bank-account-of-${balanceId}`;
}

/**
 * Returns the payee of a transaction of a business account. Returns `undefined` when the identifier of the counterparty is not an IBAN, because it
 * cannot be paid then.
 */
export function parsePayee(row: Json): Payee | undefined {
  if (row.string('creditDebitIndicator') !== 'debit' || row.string('type') !== 'bank-transfer')
    return undefined;
  const iban = normalizeIban(row.optionalString('counterparty', 'identifier') ?? '');
  const name = row.optionalString('counterparty', 'name');
  return name !== undefined && isIBAN(iban) ? { name, iban } : undefined;
}

/** Creates a beneficiary whose id is its IBAN, so that two payees with one IBAN are the same beneficiary. */
export function toBeneficiary({ name, iban }: Payee): Beneficiary {
  const metadata = {
    [`${OWNER_METADATA_PREFIX}name`]: name,
    [`${OWNER_METADATA_PREFIX}iban`]: iban,
    [`${OWNER_METADATA_PREFIX}country`]: iban.slice(0, 2),
  };
  return { id: iban, ownerName: name, metadata };
}

/** `nl02 abna-0123-4567-89` → `NL02ABNA0123456789`. The IBAN check ignores spaces and hyphens, so this gives one account one id. */
export function normalizeIban(written: string): string {
  return written.replace(/[\s-]/g, '').toUpperCase();
}
