/** Lists the balance accounts of all account holders, and reads the balances of one balance account. */
import { formatTime, parseRows, pickMetadata, readText } from '@tributary/connector-api';
import type { Account, Balances, Cursor, Page } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { createCursorFormat, readNestedOffsetPages } from '@tributary/connector-api/listing';
import { getRowId, type AdyenBalancePlatformContext } from './adyen-balance-platform.client.js';
import { parseAdyenAmount } from './adyen-balance-platform.mapper.js';
import { PLUGIN_NAME } from './adyen-balance-platform.vocabulary.js';

/** The position is the number of account holders that were read; 0 after a complete listing, because the next one begins again. */
const CURSOR_FORMAT = createCursorFormat({
  plugin: PLUGIN_NAME,
  version: 1,
  isPosition: (value): value is number => Number.isSafeInteger(value),
});

export async function* listAccountPages(
  context: AdyenBalancePlatformContext,
  since: Cursor | undefined,
): AsyncGenerator<Page<Account>> {
  const { client, signal } = context;
  const source = {
    ...{ getId: getRowId, fetchParents: (offset: number) => client.listAccountHolders(offset, signal) },
    fetchChildren: async (holder: Json, offset: number) => {
      const id = readText(holder, 'id');
      // A holder without an id has no accounts that could be requested. It is rejected as if it were an account.
      if (id === undefined) return { rows: [holder], hasNext: false };
      return client.listBalanceAccounts(id, offset, signal);
    },
  };
  for await (const step of readNestedOffsetPages(source, CURSOR_FORMAT.parse(since) ?? 0, context)) {
    const items = step.groups.flatMap(({ parent, children }) =>
      parseRows(children, 'id', (row) => toAccount(row, parent)),
    );
    yield { items, cursor: CURSOR_FORMAT.serialize(step.next) };
  }
}

function toAccount(row: Json, holder: Json): Account {
  const id = row.string('id');
  const properties = { description: ['description'], reference: ['reference'], status: ['status'] };
  return {
    id,
    name: readText(row, 'description') ?? readText(row, 'reference') ?? id,
    metadata: {
      ...pickMetadata(PLUGIN_NAME, row, { ...properties, currency: ['defaultCurrencyCode'] }),
      ...pickMetadata(PLUGIN_NAME, holder, {
        ...{ account_holder_id: ['id'], account_holder: ['description'] },
        ...{ account_holder_reference: ['reference'], legal_entity_id: ['legalEntityId'] },
      }),
    },
  };
}

export async function readBalances(
  { client, settings, clock }: AdyenBalancePlatformContext,
  accountId: string,
): Promise<Balances> {
  // The response has no time, so the balances have the time of the request.
  const at = formatTime(clock.now());
  const account = await client.findBalanceAccount(accountId);
  // An account that Adyen no longer has is empty. It is served without amounts, so that clients see zero for its assets.
  if (account === undefined) return { accountId, at, amounts: [] };
  const property = settings.balance === 'booked' ? 'balance' : 'available';
  const amounts = account.array('balances').map((balance) => parseAdyenAmount(balance, property));
  return { accountId: account.string('id'), at, amounts };
}
