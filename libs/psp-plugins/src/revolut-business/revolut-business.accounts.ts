/** Lists accounts with their balances, which come in the same response. */
import {
  createAccountPage,
  createPspMetadata,
  formatTime,
  parseMoney,
  readText,
} from '@tributary/connector-api';
import type { Account, Balances, Page } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import type { ListingContext } from '@tributary/connector-api/listing';
import type { RevolutBusinessClient } from './revolut-business.client.js';
import { PLUGIN_NAME } from './revolut-business.types.js';

export async function* listAccountPages(
  client: RevolutBusinessClient,
  { clock, signal }: ListingContext,
): AsyncGenerator<Page<Account>> {
  // The response has no time, so the balances have the time of the request.
  const at = formatTime(clock.now());
  const rows = await client.listAccounts(signal);
  const list = { rows, idProperty: 'id', toAccount, toBalances: (row: Json) => toBalances(row, at) };
  yield { ...createAccountPage([list]), cursor: 'all' };
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

function toBalances(row: Json, at: string): Balances {
  return {
    accountId: row.string('id'),
    at,
    amounts: [parseMoney(row.decimal('balance'), row.string('currency'))],
  };
}
