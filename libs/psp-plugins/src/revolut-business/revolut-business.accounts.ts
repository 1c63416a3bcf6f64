/** Lists accounts with their balances. Revolut returns both in one response. */
import { createPspMetadata, listCurrentAccounts, parseMoney, readText } from '@tributary/connector-api';
import type { Account, Money } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import type { RevolutBusinessContext } from './revolut-business.client.js';
import { PLUGIN_NAME } from './revolut-business.vocabulary.js';

export function listAccountPages({ client, clock, signal }: RevolutBusinessContext) {
  const listRows = () => client.listAccounts(signal);
  return listCurrentAccounts([{ listRows, idProperty: 'id', toAccount, toAmounts }], clock);
}

function toAccount(row: Json): Account {
  const currency = row.string('currency');
  return {
    id: row.string('id'),
    name: readText(row, 'name') ?? currency,
    openedAt: row.time('created_at'),
    metadata: createPspMetadata(PLUGIN_NAME, { currency, state: readText(row, 'state') }),
  };
}

function toAmounts(row: Json): Money[] {
  return [parseMoney(row.decimal('balance'), row.string('currency'))];
}
