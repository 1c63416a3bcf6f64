/** Lists balances and business accounts, each with its current balance. */
import {
  addMoney,
  createAccountPage,
  createPspMetadata,
  createOwnerMetadata,
  formatTime,
  pickMetadata,
  readText,
} from '@tributary/connector-api';
import type { Account, AccountList, Balances, Page } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import type { MollieSettings } from './mollie.config.js';
import { parseMoneyObject } from './mollie.mapper.js';
import type { MollieContext } from './mollie.transactions.js';
import { getAccountResource } from './mollie.types.js';

export async function* listAccountPages(context: MollieContext): AsyncGenerator<Page<Account>> {
  const { client, settings, clock } = context;
  const at = formatTime(clock.now());
  const lists: AccountList[] = [];
  for (const resource of ['balances', 'businessAccounts'] as const) {
    const { toAccount, toBalances } = MAPPERS[resource];
    const rows = await client.listAccounts(resource);
    lists.push({ rows, idProperty: 'id', toAccount, toBalances: (row) => toBalances(row, at, settings) });
  }
  yield { ...createAccountPage(lists), cursor: 'whole' };
}

export async function readBalances(context: MollieContext, accountId: string): Promise<Balances> {
  const { client, settings, clock } = context;
  const at = formatTime(clock.now());
  const resource = getAccountResource(accountId);
  const found = await client.find(resource, accountId);
  // A balance that Mollie no longer has is empty. It is served without amounts, so that clients see zero for its assets.
  if (found === undefined) return { accountId, at, amounts: [] };
  return MAPPERS[resource].toBalances(found, at, settings);
}

const ACCOUNT_METADATA = {
  currency: ['currency'],
  mode: ['mode'],
  status: ['status'],
  transfer_frequency: ['transferFrequency'],
  transfer_reference: ['transferReference'],
};

function toAccount(balance: Json): Account {
  return {
    id: balance.string('id'),
    name: readText(balance, 'description') ?? `${balance.string('currency')} balance`,
    openedAt: balance.optionalTime('createdAt'),
    metadata: {
      ...createPspMetadata('mollie', { kind: 'balance' }),
      ...pickMetadata('mollie', balance, ACCOUNT_METADATA),
    },
  };
}

/** @param at time of the request, because the response has no time */
function toBalances(balance: Json, at: string, settings: MollieSettings): Balances {
  const available = parseMoneyObject(balance.object('availableAmount'));
  const held = parseMoneyObject(balance.object('pendingAmount'));
  const amount = settings.balance === 'available' ? available : addMoney(available, held);
  return { accountId: balance.string('id'), at, amounts: [amount] };
}

const BUSINESS_ACCOUNT_METADATA = {
  currency: ['accountDetails', 'currency'],
  mode: ['mode'],
  status: ['status'],
};

function toBusinessAccount(account: Json): Account {
  const details = account.object('accountDetails');
  const holder = details.string('accountHolderName');
  return {
    id: account.string('id'),
    name: readText(details, 'name') ?? holder,
    openedAt: account.optionalTime('createdAt'),
    metadata: {
      ...createPspMetadata('mollie', { kind: 'business-account' }),
      ...pickMetadata('mollie', account, BUSINESS_ACCOUNT_METADATA),
      ...createOwnerMetadata({
        name: holder,
        iban: readText(details, 'iban'),
        swiftBicCode: readText(details, 'bic'),
      }),
    },
  };
}

function toBusinessBalances(account: Json, at: string): Balances {
  const amounts = [parseMoneyObject(account.object('balance', 'total'))];
  return { accountId: account.string('id'), at, amounts };
}

const MAPPERS = {
  balances: { toAccount, toBalances },
  businessAccounts: { toAccount: toBusinessAccount, toBalances: toBusinessBalances },
};
