/** Lists creditors and payment accounts, and reads their balances. A creditor has a balance for each currency in which it collects. */
import {
  createOwnerMetadata,
  createPspMetadata,
  formatTime,
  parseMinorUnits,
  parseRows,
  pickProperties,
  readText,
  sumByAsset,
  translateWord,
} from '@tributary/connector-api';
import type { Account, Balances, Money, Page } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { listWhereAllowed } from '@tributary/connector-api/listing';
import type { GocardlessContext } from './gocardless.client.js';
import { BALANCE_TYPES, CREDITOR_KEY, PLUGIN_NAME } from './gocardless.vocabulary.js';

/** The cursor of a list that is read completely each time. */
const WHOLE_LIST_CURSOR = 'all';

export async function* listAccountPages(context: GocardlessContext): AsyncGenerator<Page<Account>> {
  const creditors = await context.client.listAll('creditors', { signal: context.signal });
  const paymentAccounts = await listPaymentAccounts(context);
  const items = [
    ...parseRows(creditors, 'id', toCreditorAccount),
    ...parseRows(paymentAccounts, 'id', toPaymentAccount),
  ];
  yield { items, cursor: WHOLE_LIST_CURSOR };
}

/** Returns all payment accounts: none where the settings exclude them, or where the token may not read them. */
export function listPaymentAccounts({ client, settings, signal }: GocardlessContext): Promise<Json[]> {
  return listWhereAllowed(settings.paymentAccounts, () => client.listAll('payment_accounts', { signal }));
}

/**
 * Returns the payment account that pays an outbound payment, which names its creditor and its currency only. Without the right to read payment accounts, this
 * is the creditor.
 * @returns `undefined` if the creditor has several payment accounts with this currency
 */
export function findPayer(paymentAccounts: readonly Json[], outboundPayment: Json): string | undefined {
  const creditor = readText(outboundPayment, 'links', 'creditor');
  const all = paymentAccounts.filter((row) => readText(row, 'links', 'creditor') === creditor);
  const ofCurrency = all.filter((row) => readText(row, 'currency') === readText(outboundPayment, 'currency'));
  const [payer, another] = all.length > 1 ? ofCurrency : all;
  if (all.length === 0) return creditor;
  return payer === undefined || another !== undefined ? undefined : readText(payer, 'id');
}

/** Returns the balances of a creditor, or of a payment account, whose ids begin with `BA`. */
export async function readBalances(context: GocardlessContext, accountId: string): Promise<Balances> {
  // A creditor has balances of several times, so all balances have the time of the request.
  const at = formatTime(context.clock.now());
  if (!accountId.startsWith('BA'))
    return { accountId, at, amounts: await readCreditorAmounts(context, accountId) };
  const account = await context.client.find('payment_accounts', accountId);
  // An account that GoCardless no longer has is empty. It is served without amounts, so that clients see zero for its assets.
  if (account === undefined) return { accountId, at, amounts: [] };
  return { accountId, at, amounts: [toMoney(account, 'account_balance')] };
}

/** Adds up what GoCardless holds for a creditor: confirmed funds, and payouts that were not sent yet. */
async function readCreditorAmounts({ client }: GocardlessContext, creditor: string): Promise<Money[]> {
  const rows = await client.listAll('balances', { query: { creditor } });
  return sumByAsset(
    rows.map((row) => {
      const money = toMoney(row, 'amount');
      return translateWord(BALANCE_TYPES, row, 'balance_type') === 'held' ? money : { ...money, amount: 0n };
    }),
  );
}

function toMoney(row: Json, property: string): Money {
  return parseMinorUnits(row.decimal(property), row.string('currency'));
}

const CREDITOR_PROPERTIES = ['country_code', 'creditor_type', 'fx_payout_currency', 'verification_status'];
const PAYMENT_ACCOUNT_PROPERTIES = ['account_number_ending', 'bank_name', 'currency'];

function toCreditorAccount(row: Json): Account {
  const id = row.string('id');
  const metadata = {
    ...createPspMetadata(PLUGIN_NAME, { kind: 'creditor' }),
    ...pickProperties(PLUGIN_NAME, row, CREDITOR_PROPERTIES),
  };
  return { id, name: readText(row, 'name') ?? id, openedAt: row.optionalTime('created_at'), metadata };
}

function toPaymentAccount(row: Json): Account {
  const id = row.string('id');
  const name = readText(row, 'account_holder_name');
  const metadata = {
    ...createPspMetadata(PLUGIN_NAME, { kind: 'payment_account' }),
    ...pickProperties(PLUGIN_NAME, row, PAYMENT_ACCOUNT_PROPERTIES),
    [CREDITOR_KEY]: readText(row, 'links', 'creditor'),
    ...createOwnerMetadata({ name }),
  };
  return { id, name: name ?? id, metadata };
}
