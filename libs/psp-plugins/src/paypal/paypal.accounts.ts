/** Lists the one account that the app belongs to, with its balances in all currencies. */
import {
  createAccountPage,
  createPspMetadata,
  formatTime,
  parseMoney,
  parseTime,
  PspError,
  readText,
} from '@tributary/connector-api';
import type { Account, Balances, Page } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { requireRows } from '@tributary/connector-api/listing';
import type { PaypalContext } from './paypal.client.js';
import { PLUGIN_NAME } from './paypal.types.js';

/** @throws PspError `rejected` if the credentials belong to another account than the settings say */
export async function* listAccountPages(context: PaypalContext): AsyncGenerator<Page<Account>> {
  const { client, settings, signal } = context;
  const response = await client.getBalances(signal);
  const found = readText(response, 'account_id') ?? settings.accountId;
  if (found !== settings.accountId) {
    throw new PspError(
      'rejected',
      `PayPal: the credentials belong to the account ${found}, and the setting "accountId" is ${settings.accountId}`,
    );
  }
  // An account has a balance in its primary currency. Without any, every balance would be served as zero.
  if (requireRows(response, 'balances').length === 0)
    throw new PspError('unavailable', 'PayPal: GET /v1/reporting/balances: the list of balances is empty');
  const list = {
    ...{ rows: [response], idProperty: 'account_id' },
    toAccount: () => toAccount(context, response),
    toBalances: () => toBalances(context, response),
  };
  yield { ...createAccountPage([list]), cursor: 'all' };
}

function toAccount({ settings: { accountId } }: PaypalContext, response: Json): Account {
  const primary = response.array('balances').find((row) => readText(row, 'primary') === 'true');
  const currency = primary && readText(primary, 'currency');
  return {
    id: accountId,
    name: `PayPal ${accountId}`,
    metadata: createPspMetadata(PLUGIN_NAME, { primary_currency: currency }),
  };
}

function toBalances({ settings, clock }: PaypalContext, response: Json): Balances {
  const property = settings.balance === 'total' ? 'total_balance' : 'available_balance';
  const at = ['as_of_time', 'last_refresh_time']
    .map((name) => readText(response, name)?.replace(/([+-]\d\d)(\d\d)$/, '$1:$2') ?? '')
    .find((time) => parseTime(time) !== undefined);
  return {
    accountId: settings.accountId,
    at: at ?? formatTime(clock.now()),
    amounts: response
      .array('balances')
      .map((row) => parseMoney(row.decimal(property, 'value'), row.string(property, 'currency_code'))),
  };
}
