/** Derives ids and beneficiaries from the counterparty of a movement. */
import type { Beneficiary } from '@tributary/connector-api';
import type { EntryFacts, Party } from '../statements/statement.types.js';

const OWNER_PREFIX = 'com.formance.spec/owner/';

/**
 * Returns the IBAN, or the account number with the bank's code. Returns `undefined` if the statement has no
 * account number.
 */
export function createCounterpartyId(party: Party | undefined): string | undefined {
  if (party?.iban) return party.iban;
  if (!party?.accountNumber) return undefined;
  return party.bic ? `${party.bic}.${party.accountNumber}` : party.accountNumber;
}

export function toBeneficiary({ counterparty: party }: EntryFacts): Beneficiary | undefined {
  const id = createCounterpartyId(party);
  if (!party || id === undefined) return undefined;
  return {
    id,
    ownerName: party.name ?? id,
    metadata: {
      [`${OWNER_PREFIX}name`]: party.name,
      [`${OWNER_PREFIX}iban`]: party.iban,
      [`${OWNER_PREFIX}accountNumber`]: party.accountNumber,
      [`${OWNER_PREFIX}swiftBicCode`]: party.bic,
      [`${OWNER_PREFIX}country`]: party.country ?? countryOf(party.iban),
      [`${OWNER_PREFIX}city`]: party.city,
      [`${OWNER_PREFIX}postalCode`]: party.postalCode,
      [`${OWNER_PREFIX}addressLine1`]: party.addressLine,
    },
  };
}

function countryOf(iban: string | undefined): string | undefined {
  return iban?.slice(0, 2);
}
