/** Who can be paid: our own bank account by a balance, anybody with an IBAN and a name by a business account. Pure. */
import { isIBAN } from 'class-validator';
import type { Beneficiary } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { OWNER, PREFIX } from './mollie.metadata-keys.js';

export interface Payee {
  name: string;
  iban: string;
}

/** Our own bank account, where a balance is paid out to; none where it is not set up. */
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

/** Whom a transaction of a business account paid. A counterparty's identifier may be something else than an IBAN, and then nobody can pay it. */
export function payeeOf(row: Json): Payee | undefined {
  if (row.text('creditDebitIndicator') !== 'debit' || row.text('type') !== 'bank-transfer') return undefined;
  const iban = compactIban(row.optionalText('counterparty', 'identifier') ?? '');
  const name = row.optionalText('counterparty', 'name');
  return name !== undefined && isIBAN(iban) ? { name, iban } : undefined;
}

/** The IBAN is the id: whoever has the same is the same. */
export function toBeneficiary({ name, iban }: Payee): Beneficiary {
  const metadata = {
    [`${OWNER}name`]: name,
    [`${OWNER}iban`]: iban,
    [`${OWNER}country`]: iban.slice(0, 2),
  };
  return { id: iban, ownerName: name, metadata };
}

/** `nl02 abna-0123-4567-89` → `NL02ABNA0123456789`: what the check of an IBAN passes over, so that one account has one id. */
export function compactIban(written: string): string {
  return written.replace(/[\s-]/g, '').toUpperCase();
}
