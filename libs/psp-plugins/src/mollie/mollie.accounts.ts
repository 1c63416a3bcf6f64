/** Lists balances and business accounts as accounts, each with its current balance. */
import {
  addMoney,
  createPspMetadata,
  createOwnerMetadata,
  listCurrentAccounts,
  pickProperties,
  readCurrentBalances,
  readText,
  requireCurrency,
} from '@tributary/connector-api';
import type { Account, Money } from '@tributary/connector-api';
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

export function readBalances({ client, settings, clock }: MollieContext, accountId: string) {
  const resource = getAccountResource(accountId);
  return readCurrentBalances(accountId, clock, {
    find: (id) => client.find(resource, id),
    toAmounts: (account) => MAPPERS[resource].toAmounts(account, settings),
  });
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
  const read = (property: string) =>
    requireCurrency(parseMoneyObject(balance.object(property)), readText(balance, 'currency'), property);
  const [available, held] = [read('availableAmount'), read('pendingAmount')];
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

function toTotalAmount(account: Json): Money {
  const currency = readText(account, 'accountDetails', 'currency');
  return requireCurrency(parseMoneyObject(account.object('balance', 'total')), currency, 'balance.total');
}

const MAPPERS = {
  balances: { toAccount, toAmounts },
  businessAccounts: {
    toAccount: toBusinessAccount,
    toAmounts: (account: Json) => [toTotalAmount(account)],
  },
};
