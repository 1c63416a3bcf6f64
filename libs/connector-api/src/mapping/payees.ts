/**
 * Handles payees of a PSP that pays to any IBAN and name, and that has no list of payees. The payees come from the settings and from
 * earlier payments. The id of such a beneficiary is its IBAN, so two payees with the same IBAN are the same beneficiary.
 */
import { isRejectedRecord } from '../plugin.js';
import type { FeedReader, RejectedRecord } from '../plugin.js';
import type { Beneficiary } from '../record.types.js';
import { normalizeIban } from './iban.js';
import { takeValidRecords } from './parse-rows.js';
import { createOwnerMetadata, OWNER_METADATA_PREFIX } from './pick-metadata.js';

export interface Payee {
  name: string;
  /** The IBAN, with or without spaces and hyphens. */
  iban: string;
}

/** Creates the beneficiary for a payee. */
export function toPayeeBeneficiary({ name, iban: written }: Payee): Beneficiary {
  const iban = normalizeIban(written);
  const metadata = createOwnerMetadata({ name, iban, country: iban.slice(0, 2) });
  return { id: iban, ownerName: name, metadata };
}

/**
 * Returns the beneficiaries that are neither listed nor served yet, and all rejected records. If the name of a beneficiary is spelled
 * differently later, the new spelling is not served, because clients keep the first version of a beneficiary.
 * @param listedIds ids that were listed already; the function adds the new ids
 */
export async function takeNewBeneficiaries(
  items: readonly (Beneficiary | RejectedRecord)[],
  listedIds: Set<string>,
  feedReader: FeedReader,
): Promise<(Beneficiary | RejectedRecord)[]> {
  const ids = takeValidRecords(items).flatMap(({ id }) => (listedIds.has(id) ? [] : [id]));
  const served = ids.length === 0 ? new Map() : await feedReader.findLatest('beneficiaries', ids);
  return items.filter((item) => {
    if (isRejectedRecord(item)) return true;
    const isNew = !listedIds.has(item.id) && !served.has(item.id);
    listedIds.add(item.id);
    return isNew;
  });
}

/**
 * Finds the payee of a beneficiary, in the settings or in the feed.
 * @returns `undefined` if the beneficiary has no IBAN
 */
export async function findPayee(
  beneficiaryId: string,
  configured: readonly Payee[],
  feedReader: FeedReader,
): Promise<Payee | undefined> {
  const found = configured.find((payee) => normalizeIban(payee.iban) === beneficiaryId);
  if (found !== undefined) return { name: found.name, iban: beneficiaryId };
  const served = await feedReader.findLatest('beneficiaries', [beneficiaryId]);
  const { metadata } = served.get(beneficiaryId) ?? {};
  const [name, iban] = ['name', 'iban'].map((key) => metadata?.[OWNER_METADATA_PREFIX + key]);
  return name === undefined || iban === undefined ? undefined : { name, iban };
}
