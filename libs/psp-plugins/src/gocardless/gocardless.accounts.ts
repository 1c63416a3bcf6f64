/** Lists creditors and payment accounts, and reads their balances. A creditor has a balance for each currency in which it collects. */
import {
  createOwnerMetadata,
  createPspMetadata,
  InvalidRecordError,
  formatTime,
  parseMinorUnits,
  parseRows,
  pickProperties,
  readCurrentBalances,
  readText,
  sumByAsset,
  translateWord,
} from '@tributary/connector-api';
import type { Account, Money, Page } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { listWhereAllowed } from '@tributary/connector-api/listing';
import type { GocardlessContext } from './gocardless.client.js';
import { BALANCE_TYPES, PLUGIN_NAME } from './gocardless.vocabulary.js';

/** How the ids of payment accounts begin. All other accounts are creditors. */
const PAYMENT_ACCOUNT_PREFIX = 'BA';

export async function* listAccountPages(context: GocardlessContext): AsyncGenerator<Page<Account>> {
  const accounts = await listAccounts(context, await listPaymentAccounts(context));
  yield { items: parseRows(accounts, 'id', toAccount), cursor: 'all' };
}

/** Returns the creditors and the given payment accounts. */
export async function listAccounts({ client, signal }: GocardlessContext, paymentAccounts: readonly Json[]) {
  return [...(await client.listAll('creditors', { signal })), ...paymentAccounts];
}

/** Returns all payment accounts: none where the settings exclude them, or where the token may not read them. */
export function listPaymentAccounts({ client, settings, signal }: GocardlessContext): Promise<Json[]> {
  return listWhereAllowed(settings.paymentAccounts, () => client.listAll('payment_accounts', { signal }));
}

/**
 * Returns the payment account that pays an outbound payment, which names its creditor and its currency only.
 * @returns `undefined` if the creditor has several payment accounts with this currency
 * @throws InvalidRecordError if no payment account of the creditor is known, e.g. because the token may not read them
 */
export function findPayer(paymentAccounts: readonly Json[], outboundPayment: Json): string | undefined {
  const creditor = readText(outboundPayment, 'links', 'creditor');
  const all = paymentAccounts.filter((row) => readText(row, 'links', 'creditor') === creditor);
  const ofCurrency = all.filter((row) => readText(row, 'currency') === readText(outboundPayment, 'currency'));
  const [payer, another] = all.length > 1 ? ofCurrency : all;
  if (all.length === 0)
    throw new InvalidRecordError(`links.creditor: no payment account of ${creditor} is readable`);
  return payer === undefined || another !== undefined ? undefined : readText(payer, 'id');
}

/** Returns the balance of a payment account, or what GoCardless holds for a creditor: confirmed funds, and payouts that were not sent yet. */
export async function readBalances({ client, clock }: GocardlessContext, accountId: string) {
  if (accountId.startsWith(PAYMENT_ACCOUNT_PREFIX))
    return readCurrentBalances(accountId, clock, {
      find: (id) => client.find('payment_accounts', id),
      toAmounts: (account) => [readMoney(account, 'account_balance')],
    });
  // A creditor has balances of several times, so all balances have the time of the request.
  const at = formatTime(clock.now());
  const rows = await client.listAll('balances', { query: { creditor: accountId } });
  return { accountId, at, amounts: sumByAsset(rows.map(readHeldMoney)) };
}

/** Returns zero for money that GoCardless does not hold yet, so that its asset is served. */
function readHeldMoney(row: Json): Money {
  const money = readMoney(row, 'amount');
  return translateWord(BALANCE_TYPES, row, 'balance_type') === 'held' ? money : { ...money, amount: 0n };
}

export function readMoney(row: Json, property: string): Money {
  return parseMinorUnits(row.decimal(property), row.string('currency'));
}

const PROPERTIES = [
  ...['country_code', 'creditor_type', 'fx_payout_currency', 'verification_status'],
  ...['account_number_ending', 'bank_name', 'currency'],
];

function toAccount(row: Json): Account {
  const id = row.string('id');
  const owner = readText(row, 'account_holder_name');
  const kind = id.startsWith(PAYMENT_ACCOUNT_PREFIX) ? 'payment_account' : 'creditor';
  const metadata = {
    ...createPspMetadata(PLUGIN_NAME, { kind, creditor: readText(row, 'links', 'creditor') }),
    ...pickProperties(PLUGIN_NAME, row, PROPERTIES),
    ...createOwnerMetadata({ name: owner }),
  };
  const name = readText(row, 'name') ?? owner ?? id;
  return { id, name, openedAt: row.optionalTime('created_at'), metadata };
}
