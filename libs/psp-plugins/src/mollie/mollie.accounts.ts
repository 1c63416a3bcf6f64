/** Lists balances and business accounts as accounts, each with its current balance. */
import {
  addMoney,
  createPspMetadata,
  createOwnerMetadata,
  formatTime,
  listCurrentAccounts,
  pickProperties,
  readText,
} from '@tributary/connector-api';
import type { Account, Balances, Money } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import type { MollieSettings } from './mollie.config.js';
import { parseMoneyObject } from './mollie.mapper.js';
import type { MollieContext } from './mollie.transactions.js';
import { ACCOUNT_RESOURCES, getAccountResource } from './mollie.vocabulary.js';

export function listAccountPages({ client, settings, clock }: MollieContext) {
  const lists = ACCOUNT_RESOURCES.map((resource) => ({
    listRows: () => client.listAccounts(resource),
    idProperty: 'id',
    toAccount: MAPPERS[resource].toAccount,
    toAmounts: (row: Json) => MAPPERS[resource].toAmounts(row, settings),
  }));
  return listCurrentAccounts(lists, clock);
}

export async function readBalances(context: MollieContext, accountId: string): Promise<Balances> {
  const { client, settings, clock } = context;
  // The response contains no time, so the balance gets the time of the request.
  const at = formatTime(clock.now());
  const resource = getAccountResource(accountId);
  const found = await client.find(resource, accountId);
  // Mollie no longer has this balance. Without amounts, clients get zero for each of its assets.
  if (found === undefined) return { accountId, at, amounts: [] };
  return { accountId: found.string('id'), at, amounts: MAPPERS[resource].toAmounts(found, settings) };
}

function toAccount(balance: Json): Account {
  const properties = ['currency', 'mode', 'status', 'transferFrequency', 'transferReference'];
  return {
    id: balance.string('id'),
    name: readText(balance, 'description') ?? `${balance.string('currency')} balance`,
    openedAt: balance.optionalTime('createdAt'),
    metadata: {
      ...createPspMetadata('mollie', { kind: 'balance' }),
      ...pickProperties('mollie', balance, properties),
    },
  };
}

function toAmounts(balance: Json, settings: MollieSettings): Money[] {
  const available = parseMoneyObject(balance.object('availableAmount'));
  const held = parseMoneyObject(balance.object('pendingAmount'));
  return [settings.balance === 'available' ? available : addMoney(available, held)];
}

function toBusinessAccount(account: Json): Account {
  const details = account.object('accountDetails');
  const name = details.string('accountHolderName');
  const [iban, swiftBicCode] = [readText(details, 'iban'), readText(details, 'bic')];
  return {
    id: account.string('id'),
    name: readText(details, 'name') ?? name,
    openedAt: account.optionalTime('createdAt'),
    metadata: {
      ...createPspMetadata('mollie', { kind: 'business-account', currency: readText(details, 'currency') }),
      ...pickProperties('mollie', account, ['mode', 'status']),
      ...createOwnerMetadata({ name, iban, swiftBicCode }),
    },
  };
}

const MAPPERS = {
  balances: { toAccount, toAmounts },
  businessAccounts: {
    toAccount: toBusinessAccount,
    toAmounts: (account: Json) => [parseMoneyObject(account.object('balance', 'total'))],
  },
};
