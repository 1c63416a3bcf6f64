/** Lists the bank accounts of customers, which outbound payments can pay. GoCardless shows the last digits of their numbers only. */
import { createOwnerMetadata, parseRows, pickProperties, readText } from '@tributary/connector-api';
import type { Beneficiary, Cursor } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { listTimeWindowPages } from '@tributary/connector-api/listing';
import type { GocardlessContext } from './gocardless.client.js';
import { getCreatedList } from './gocardless.transactions.js';
import { PLUGIN_NAME } from './gocardless.vocabulary.js';

/** Lists new bank accounts. Clients keep the first version of a beneficiary, so older ones are not read again. */
export function listBeneficiaryPages(context: GocardlessContext, since: Cursor | undefined) {
  const options = getCreatedList(context, 'customer_bank_accounts');
  const mapRows = (rows: Json[]) => parseRows(rows, 'id', toBeneficiaries);
  return listTimeWindowPages(PLUGIN_NAME, options, mapRows, since, context);
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
