/** Lists the balance accounts of all account holders, and reads the balances of one balance account. */
import { pickMetadata, pickProperties, readCurrentBalances, readTexts } from '@tributary/connector-api';
import type { Account, Cursor } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { listNestedAccounts, requireSomeRows } from '@tributary/connector-api/listing';
import type { AdyenBalancePlatformContext } from './adyen-balance-platform.client.js';
import { parseAdyenAmount } from './adyen-balance-platform.mapper.js';
import { PLUGIN_NAME } from './adyen-balance-platform.vocabulary.js';

export function listAccountPages(context: AdyenBalancePlatformContext, since: Cursor | undefined) {
  const { client, settings, signal } = context;
  const source = {
    ...{ plugin: PLUGIN_NAME, toAccount },
    fetchParents: (offset: number) =>
      client.listByOffset('accountHolders', settings.balancePlatform, offset, signal),
    fetchAccounts: (id: string, offset: number) => client.listByOffset('balanceAccounts', id, offset, signal),
  };
  return listNestedAccounts(source, since, context);
}

function toAccount(row: Json, holder: Json): Account {
  const id = row.string('id');
  return {
    ...{ id, name: id, ...readTexts(row, { name: 'description reference' }) },
    metadata: {
      ...pickProperties(PLUGIN_NAME, row, ['description', 'reference', 'status']),
      ...pickMetadata(PLUGIN_NAME, row, { currency: ['defaultCurrencyCode'] }),
      ...pickMetadata(PLUGIN_NAME, holder, {
        ...{ account_holder_id: ['id'], account_holder: ['description'] },
        ...{ account_holder_reference: ['reference'], legal_entity_id: ['legalEntityId'] },
      }),
    },
  };
}

export function readBalances({ client, settings, clock }: AdyenBalancePlatformContext, accountId: string) {
  const property = settings.balance === 'booked' ? 'balance' : 'available';
  return readCurrentBalances(accountId, clock, {
    find: (id) => client.findBalanceAccount(id),
    // Adyen's document: "Returns a balance account and its balances for the default currency and other currencies with a non-zero balance".
    toAmounts: (account) =>
      requireSomeRows(account, 'balances').map((row) => parseAdyenAmount(row, property)),
  });
}
