/**
 * Maps payees to beneficiaries. A balance pays to the organisation's own bank account, a business account to every IBAN with a name. No side
 * effects.
 */
import { isIBAN } from 'class-validator';
import type { Beneficiary } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { OWNER, PREFIX } from './mollie.metadata-keys.js';

export interface Payee {
  name: string;
  iban: string;
}

/** Returns the organisation's own bank account to which a balance is paid out; nothing when it is not set up. */
export function toBankAccounts(balance: Json): Beneficiary[] {
  const destination = balance.optionalRecord('transferDestination');
  if (destination === undefined) return [];
  const ownerName =
    destination.optionalText('beneficiaryName') ?? balance.optionalText('description') ?? 'bank account';
  const metadata = {
    [`${PREFIX}balance_id`]: balance.text('id'),
    [`${PREFIX}destination_type`]: destination.optionalText('type'),
    [`${OWNER}name`]: ownerName,
    [`${OWNER}accountNumber`]: destination.optionalText('bankAccount'),
  };
  return [{ id: bankAccountOf(balance.text('id')), ownerName, metadata }];
}

export function bankAccountOf(balanceId: string): string {
  return `bank-account-of-${balanceId}`;
}

/**
 * Returns the payee of a transaction of a business account. Returns `undefined` when the identifier of the counterparty is not an IBAN, because it
 * cannot be paid then.
 */
export function payeeOf(row: Json): Payee | undefined {
  if (row.text('creditDebitIndicator') !== 'debit' || row.text('type') !== 'bank-transfer') return undefined;
  const iban = compactIban(row.optionalText('counterparty', 'identifier') ?? '');
  const name = row.optionalText('counterparty', 'name');
  return name !== undefined && isIBAN(iban) ? { name, iban } : undefined;
}

/** Creates a beneficiary whose id is its IBAN, so that two payees with one IBAN are the same beneficiary. */
export function toBeneficiary({ name, iban }: Payee): Beneficiary {
  const metadata = {
    [`${OWNER}name`]: name,
    [`${OWNER}iban`]: iban,
    [`${OWNER}country`]: iban.slice(0, 2),
  };
  return { id: iban, ownerName: name, metadata };
}

/** `nl02 abna-0123-4567-89` → `NL02ABNA0123456789`. The IBAN check ignores spaces and hyphens, so this gives one account one id. */
export function compactIban(written: string): string {
  return written.replace(/[\s-]/g, '').toUpperCase();
}
