/** Lists the PayPal account to which the app belongs, with its balances in all currencies. */
import * as api from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { requireSomeRows } from '@tributary/connector-api/listing';
import { parseMoneyObject, readTime, type PaypalContext } from './paypal.client.js';

/** @throws PspError `rejected` if the credentials belong to another account than the account in the settings */
export async function* listAccountPages(context: PaypalContext): AsyncGenerator<api.Page<api.Account>> {
  const { client, settings, signal } = context;
  const response = await client.getBalances(signal);
  const found = api.readText(response, 'account_id') ?? settings.accountId;
  if (found !== settings.accountId) {
    throw new api.PspError(
      'rejected',
      `PayPal: the credentials belong to the account ${found}, and the setting "accountId" is ${settings.accountId}`,
    );
  }
  // An account always has a balance in its primary currency.
  requireSomeRows(response, 'balances');
  const account = { id: settings.accountId, name: `PayPal ${settings.accountId}` };
  const toBalances = () => readBalances(context, response);
  const list = { rows: [response], idProperty: 'account_id', toAccount: () => account, toBalances };
  yield { ...api.createAccountPage([list]), cursor: 'all' };
}

function readBalances({ settings, clock }: PaypalContext, response: Json): api.Balances {
  const property = settings.balance === 'total' ? 'total_balance' : 'available_balance';
  const times = ['as_of_time', 'last_refresh_time'].map((name) => readTime(response, name) ?? '');
  return {
    accountId: settings.accountId,
    at: times.find((time) => api.parseTime(time) !== undefined) ?? api.formatTime(clock.now()),
    amounts: response
      .array('balances')
      .map((row) =>
        api.requireCurrency(parseMoneyObject(row.at(property)), api.readText(row, 'currency'), property),
      ),
  };
}
