/**
 * Lists the bank accounts of customers, which outbound payments can pay. GoCardless shows the last digits of their numbers only. Also finds the names of payers:
 * a payment names its mandate, the mandate its bank account, and the bank account its holder.
 */
import { createOwnerMetadata, parseRows, pickProperties, readText } from '@tributary/connector-api';
import type { Beneficiary, Cursor } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import * as listing from '@tributary/connector-api/listing';
import type { GocardlessContext } from './gocardless.client.js';
import { getCreatedList } from './gocardless.transactions.js';
import { MANDATE_KEY, PAYER_METADATA, PLUGIN_NAME } from './gocardless.vocabulary.js';

/** Lists new bank accounts. Clients keep the first version of a beneficiary, so older ones are not read again. */
export function listBeneficiaryPages(context: GocardlessContext, since: Cursor | undefined) {
  const options = getCreatedList(context, 'customer_bank_accounts');
  const mapRows = (rows: Json[]) => parseRows(rows, 'id', toBeneficiaries);
  return listing.listTimeWindowPages(PLUGIN_NAME, options, mapRows, since, context);
}

const PROPERTIES = ['account_number_ending', 'account_type', 'bank_name', 'currency', 'trusted_recipient'];

/** Returns no beneficiary for a bank account that was disabled, because it cannot be paid. */
function toBeneficiaries(row: Json): Beneficiary[] {
  const id = row.string('id');
  if (readText(row, 'enabled') === 'false') return [];
  const name = readText(row, 'account_holder_name');
  const metadata = {
    ...pickProperties(PLUGIN_NAME, row, PROPERTIES),
    ...pickProperties(PLUGIN_NAME, row, ['customer'], 'links'),
    ...createOwnerMetadata({ name, country: readText(row, 'country_code') }),
  };
  return [{ id, ownerName: name ?? id, registeredAt: row.optionalTime('created_at'), metadata }];
}

/** GoCardless began in this year. */
const FIRST_MANDATE_TIME = Date.parse('2011-01-01');

/** Creates what finds the payers of payments by their mandates. It remembers the mandates and bank accounts that it has read. */
export function createPayerMetadata(context: Omit<GocardlessContext, 'payers'>) {
  // A payment can name a mandate that is older than the setting `since`.
  const describe = (resource: string) => ({
    ...getCreatedList(context, resource),
    start: FIRST_MANDATE_TIME,
  });
  return listing.createLinkedMetadata({
    ...{ name: 'names of payers', linkKey: MANDATE_KEY, metadata: PAYER_METADATA },
    ...{ links: describe('mandates'), linkPath: ['links', 'customer_bank_account'] },
    objects: describe('customer_bank_accounts'),
  });
}
