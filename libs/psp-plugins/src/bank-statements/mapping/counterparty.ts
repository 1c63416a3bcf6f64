/** Creates ids and beneficiaries from the counterparty of a movement. */
import { tryEncodeId } from '@tributary/connector-api';
import type { Beneficiary } from '@tributary/connector-api';
import type { EntryFacts, Party } from '../statements/statement.types.js';

const OWNER_PREFIX = 'com.formance.spec/owner/';
const OWNER_KEYS = {
  name: `${OWNER_PREFIX}name`,
  iban: `${OWNER_PREFIX}iban`,
  accountNumber: `${OWNER_PREFIX}accountNumber`,
  bic: `${OWNER_PREFIX}swiftBicCode`,
  country: `${OWNER_PREFIX}country`,
  city: `${OWNER_PREFIX}city`,
  postalCode: `${OWNER_PREFIX}postalCode`,
  addressLine: `${OWNER_PREFIX}addressLine1`,
} as const;

/**
 * Returns the IBAN, or else the account number together with the bank's code. The result is `undefined` if the statement contains no
 * account number, or if the id would be too long to be served.
 */
export function createCounterpartyId(party: Party | undefined): string | undefined {
  const id = writtenCounterpartyId(party);
  return id !== undefined && tryEncodeId(id) !== undefined ? id : undefined;
}

function writtenCounterpartyId(party: Party | undefined): string | undefined {
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
      [OWNER_KEYS.name]: party.name,
      [OWNER_KEYS.iban]: party.iban,
      [OWNER_KEYS.accountNumber]: party.accountNumber,
      [OWNER_KEYS.bic]: party.bic,
      [OWNER_KEYS.country]: party.country ?? countryOf(party.iban),
      [OWNER_KEYS.city]: party.city,
      [OWNER_KEYS.postalCode]: party.postalCode,
      [OWNER_KEYS.addressLine]: party.addressLine,
    },
  };
}

function countryOf(iban: string | undefined): string | undefined {
  return iban?.slice(0, 2);
}
