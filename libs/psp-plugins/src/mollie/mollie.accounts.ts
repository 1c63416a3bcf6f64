/** Lists balances and business accounts, each with its current balance. */
import {
  createMetadata,
  formatTime,
  InvalidRecordError,
  parseRows,
  pickMetadata,
  readText,
  takeValidRecords,
} from '@tributary/connector-api';
import type { Account, Balances, Page } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { parseMoneyObject } from './mollie.mapper.js';
import type { MollieContext } from './mollie.transactions.js';
import { isBalanceId, OWNER_METADATA_PREFIX } from './mollie.types.js';

export async function* listAccountPages({
  client,
  settings,
  clock,
}: MollieContext): AsyncGenerator<Page<Account>> {
  const at = formatTime(clock.now());
  const balances = await client.listBalances();
  const business = await client.listBusinessAccounts();
  const observed = [
    ...parseRows(balances, 'id', (row) => toBalances(row, at, settings.balance)),
    ...parseRows(business, 'id', (row) => toBusinessBalances(row, at)),
  ];
  yield {
    items: [...parseRows(balances, 'id', toAccount), ...parseRows(business, 'id', toBusinessAccount)],
    balances: takeValidRecords(observed),
    cursor: 'whole',
  };
}

export async function readBalances(
  { client, settings, clock }: MollieContext,
  accountId: string,
): Promise<Balances> {
  const at = formatTime(clock.now());
  const isBalance = isBalanceId(accountId);
  const found = await (isBalance ? client.getBalance(accountId) : client.getBusinessAccount(accountId));
  // A balance that Mollie no longer has is empty. It is served without amounts, so that clients see zero for its assets.
  if (found === undefined) return { accountId, at, amounts: [] };
  return isBalance ? toBalances(found, at, settings.balance) : toBusinessBalances(found, at);
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
      ...createMetadata('mollie', { kind: 'balance' }),
      ...pickMetadata('mollie', balance, ACCOUNT_METADATA),
    },
  };
}

/**
 * Maps a balance to its amounts.
 * @param at time of the request, because the response has no time
 * @throws InvalidRecordError when the two amounts have different assets
 */
function toBalances(balance: Json, at: string, kind: 'available' | 'available-and-pending'): Balances {
  const available = parseMoneyObject(balance.object('availableAmount'));
  const held = parseMoneyObject(balance.object('pendingAmount'));
  if (held.asset !== available.asset)
    throw new InvalidRecordError(`pendingAmount is in ${held.asset}, availableAmount in ${available.asset}`);
  const amount = kind === 'available' ? available.amount : available.amount + held.amount;
  return { accountId: balance.string('id'), at, amounts: [{ ...available, amount }] };
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
      ...createMetadata('mollie', { kind: 'business-account' }),
      ...pickMetadata('mollie', account, BUSINESS_ACCOUNT_METADATA),
      [`${OWNER_METADATA_PREFIX}name`]: holder,
      [`${OWNER_METADATA_PREFIX}iban`]: readText(details, 'iban'),
      [`${OWNER_METADATA_PREFIX}swiftBicCode`]: readText(details, 'bic'),
    },
  };
}

function toBusinessBalances(account: Json, at: string): Balances {
  const amounts = [parseMoneyObject(account.object('balance', 'total'))];
  return { accountId: account.string('id'), at, amounts };
}
