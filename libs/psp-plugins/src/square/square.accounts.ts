/**
 * Lists the seller and its locations as accounts. Payments and payouts change the money of a location. Square's API returns no balances.
 */
import { createPspMetadata, parseRows, pickProperties, readText } from '@tributary/connector-api';
import type { Account, Page } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import type { SquareContext } from './square.transactions.js';
import { PLUGIN_NAME } from './square.vocabulary.js';

const PROPERTIES = ['country', 'currency', 'status', 'type', 'merchant_id', 'main_location_id', 'timezone'];

export async function* listAccountPages({ client, signal }: SquareContext): AsyncGenerator<Page<Account>> {
  const merchants = parseRows(await client.listMerchants(signal), 'id', (row) => toAccount(row, 'merchant'));
  const locations = parseRows(await client.listLocations(signal), 'id', (row) => toAccount(row, 'location'));
  yield { items: [...merchants, ...locations], cursor: 'all' };
}

function toAccount(row: Json, kind: 'merchant' | 'location'): Account {
  return {
    id: row.string('id'),
    name: readText(row, kind === 'merchant' ? 'business_name' : 'name') ?? row.string('id'),
    openedAt: row.optionalTime('created_at'),
    metadata: {
      ...createPspMetadata(PLUGIN_NAME, { kind }),
      ...pickProperties(PLUGIN_NAME, row, PROPERTIES),
    },
  };
}
