/** Lists the seller's own bank accounts, to which Square pays out. Square's API cannot pay third parties. */
import { createOwnerMetadata, parseRows, pickProperties, readText } from '@tributary/connector-api';
import type { Beneficiary, Page } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import type { SquareContext } from './square.transactions.js';
import { PLUGIN_NAME } from './square.vocabulary.js';

const BANK_ACCOUNT_PROPERTIES = [
  ...['account_number_suffix', 'account_type', 'bank_name', 'currency', 'status', 'creditable', 'debitable'],
  ...['primary_bank_identification_number', 'secondary_bank_identification_number', 'location_id'],
  ...['reference_id', 'fingerprint'],
];

export async function* listBeneficiaryPages({
  client,
  signal,
}: SquareContext): AsyncGenerator<Page<Beneficiary>> {
  const rows = await client.listBankAccounts(signal);
  yield { items: parseRows(rows, 'id', toBeneficiary), cursor: 'all' };
}

function toBeneficiary(row: Json): Beneficiary {
  const ownerName = row.string('holder_name');
  return {
    id: row.string('id'),
    ownerName,
    metadata: {
      ...pickProperties(PLUGIN_NAME, row, BANK_ACCOUNT_PROPERTIES),
      ...createOwnerMetadata({ name: ownerName, country: readText(row, 'country') }),
    },
  };
}
