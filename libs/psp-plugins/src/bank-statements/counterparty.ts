/** Derives ids and beneficiaries from the counterparty of a movement. */
import type { Beneficiary } from '@tributary/connector-api';
import type { EntryFacts, Party } from './statement.js';

const OWNER = 'com.formance.spec/owner/';

/**
 * Returns the IBAN, or the account number with the bank's code. Returns `undefined` if the statement has no
 * account number.
 */
export function counterpartyId(party: Party | undefined): string | undefined {
  if (party?.iban) return party.iban;
  if (!party?.accountNumber) return undefined;
  return party.bic ? `${party.bic}.${party.accountNumber}` : party.accountNumber;
}

export function toBeneficiary({ counterparty: party }: EntryFacts): Beneficiary | undefined {
  const id = counterpartyId(party);
  if (!party || id === undefined) return undefined;
  return {
    id,
    ownerName: party.name ?? id,
    metadata: {
      [`${OWNER}name`]: party.name,
      [`${OWNER}iban`]: party.iban,
      [`${OWNER}accountNumber`]: party.accountNumber,
      [`${OWNER}swiftBicCode`]: party.bic,
      [`${OWNER}country`]: party.country ?? countryOf(party.iban),
      [`${OWNER}city`]: party.city,
      [`${OWNER}postalCode`]: party.postalCode,
      [`${OWNER}addressLine1`]: party.addressLine,
    },
  };
}

function countryOf(iban: string | undefined): string | undefined {
  return iban?.slice(0, 2);
}
