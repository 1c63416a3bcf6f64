/** Tests to which row each event code and status is mapped. A person reviewed the snapshot. */
import { InvalidRecordError } from '@tributary/connector-api';
import type { Transaction, UnlinkedRow } from '@tributary/connector-api';
import { Json } from '@tributary/connector-api/http';
import { toUnlinkedRows } from './paypal.mapper.js';
import { PaypalSettings } from './paypal.config.js';

const SETTINGS = Object.assign(new PaypalSettings(), { accountId: 'WDJJHEBZ4X2LY' });
const INFO = {
  ...{ transaction_id: '5TY05013RG002845M', transaction_event_code: 'T0006', transaction_status: 'S' },
  transaction_initiation_date: '2026-03-04T05:06:07+0000',
  transaction_updated_date: '2026-03-04T05:06:09+0000',
  transaction_amount: { currency_code: 'EUR', value: '100.00' },
  ...{ paypal_reference_id: '1AB23456CD789012E', paypal_reference_id_type: 'TXN' },
};

/** All event codes on PayPal's page "Transaction event codes", by group. */
const CODES: Readonly<Record<string, readonly number[]>> = {
  T00: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21],
  T01: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
  T02: [0, 1, 2],
  T03: [0, 1, 2, 3],
  T04: [0, 1, 2, 3],
  T05: [0, 1, 2, 3, 4, 5],
  T06: [0],
  T07: [0, 1],
  T08: [0, 1, 2, 3, 4, 5, 6, 7, 8],
  T09: [0, 1, 2, 3, 4, 5],
  T10: [0],
  T11: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
  T12: [0, 1, 2, 3, 4, 5, 7, 8],
  T13: [0, 1, 2],
  T14: [0],
  T15: [0, 1, 2, 3],
  T16: [0, 1, 2, 3],
  T17: [0, 1],
  T18: [0, 1],
  T19: [0],
  T20: [0, 1, 2, 3, 4],
  T21: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
  T22: [1],
  T23: [1],
  T30: [0],
  T50: [0, 1],
  T97: [0, 1, 2],
  T98: [0],
  T99: [0],
  // A group that does not exist yet, which PayPal may add.
  T77: [0],
};

const RECORD = {
  ...{ id: INFO.transaction_id, rowId: INFO.transaction_id, servedFee: undefined },
  key: `${INFO.transaction_id}.T0006.EUR.100.00`,
};
const map = (info: object, settings = SETTINGS, row: object = {}) => {
  const json = Json.parse(JSON.stringify({ transaction_info: { ...INFO, ...info }, ...row }));
  return toUnlinkedRows(json, settings, RECORD);
};

function format({ row, linked }: UnlinkedRow): string {
  const one = ({ type, status, metadata, sourceAccountId, destinationAccountId }: Transaction) =>
    [
      `${type} ${status} ${metadata?.['com.tributary.spec/movement']}`,
      `${sourceAccountId ? 'account' : ''}→${destinationAccountId ? 'account' : ''}`,
    ].join(' ');
  return one(row) + (linked === undefined ? '' : `; tied: ${one(linked)}`);
}

it('each event code becomes rows by its sign', () => {
  const codes = Object.entries(CODES).flatMap(([group, numbers]) =>
    numbers.map((number) => group + String(number).padStart(2, '0')),
  );
  const describe = (code: string) =>
    ['100.00', '-100.00'].map((value) =>
      map({ transaction_event_code: code, transaction_amount: { currency_code: 'EUR', value } })
        .map(format)
        .join(' + '),
    );
  const groups = Map.groupBy(codes, (code) => describe(code).join('\n  out: '));
  expect([...groups].map(([rows, same]) => `${same.join(' ')}\n  in:  ${rows}`).join('\n')).toMatchSnapshot();
});

it.each(['S', 'V', 'P', 'D'])('the status %s', (transaction_status) => {
  const fee_amount = { currency_code: 'EUR', value: '-3.20' };
  const codes = ['T0006', 'T1107', 'T1201', 'T2101'];
  const value = { currency_code: 'EUR', value: '-100.00' };
  const rows = codes.map((code) => {
    const about = { transaction_event_code: code, transaction_status, fee_amount, transaction_amount: value };
    return `${code}: ${map(about).map(format).join(' + ') || 'no row'}`;
  });
  expect(rows.join('\n')).toMatchSnapshot();
});

it('everything that PayPal says of a payment', () => {
  const info = {
    ...{
      paypal_account_id: 'G83JXTJ5EHCQ2',
      invoice_id: 'order 17',
      custom_field: 'shop 3',
      transaction_subject: 'Shoes',
    },
    ...{
      instrument_type: 'PAYPAL',
      protection_eligibility: '01',
      fee_amount: { currency_code: 'EUR', value: '-3.20' },
    },
    tip_amount: { currency_code: 'EUR', value: '2.00' },
    ...{
      ending_balance: { currency_code: 'EUR', value: '900.00' },
      available_balance: { currency_code: 'EUR', value: '1.00' },
    },
  };
  const payer_info = {
    ...{ account_id: 'G83JXTJ5EHCQ2', email_address: 'grace@example.com', country_code: 'US' },
    payer_name: { given_name: 'Grace', surname: 'Hopper' },
  };
  expect(map(info, SETTINGS, { payer_info })).toMatchSnapshot();
});

it('a payout of the gateway, its fee and its return name the order by its key', () => {
  const custom_field = '1f0f3850-9627-42de-8ad4-a2c497c37d0b';
  const fee_amount = { currency_code: 'EUR', value: '-0.25' };
  const amount = (value: string) => ({ transaction_amount: { currency_code: 'EUR', value } });
  const payout = map({ transaction_event_code: 'T0001', custom_field, fee_amount, ...amount('-100.00') });
  const back = map({ transaction_event_code: 'T1115', custom_field, ...amount('100.00') });
  expect(
    [...payout, ...back].map(({ row, linked }) => [row.orderKey, row.relatedTransactionId, linked]),
  ).toEqual([
    [custom_field, undefined, undefined],
    [custom_field, INFO.transaction_id, undefined],
    [custom_field, INFO.paypal_reference_id, undefined],
  ]);
  // A merchant's own text is not an order key, even if it has the form of a key.
  expect(map({ custom_field })[0]?.row.orderKey).toBeUndefined();
});

it('a hold leaves the available balance only', () => {
  const about = {
    transaction_event_code: 'T2103',
    transaction_amount: { currency_code: 'EUR', value: '-5.00' },
  };
  const accounts = (balance: 'total' | 'available') =>
    map(about, Object.assign(new PaypalSettings(), SETTINGS, { balance })).map(({ row }) => [
      row.sourceAccountId,
      row.destinationAccountId,
    ]);
  expect(accounts('total')).toEqual([[SETTINGS.accountId, SETTINGS.accountId]]);
  expect(accounts('available')).toEqual([[SETTINGS.accountId, undefined]]);
});

it('a reference to an order, a subscription or an agreement ties nothing', () => {
  for (const paypal_reference_id_type of ['ODR', 'SUB', 'PAP']) {
    const [refund] = map({ transaction_event_code: 'T1107', paypal_reference_id_type });
    expect(refund?.linked).toBeUndefined();
  }
});

it('numbers and texts may change their type, and no digit is lost', () => {
  const value = '90071992547409.93';
  const text = JSON.stringify({
    transaction_info: { ...INFO, transaction_id: 0, transaction_amount: { currency_code: 'EUR', value: 0 } },
  })
    .replace('"transaction_id":0', '"transaction_id":12345678901234567')
    .replace('"value":0', `"value":${value}`);
  const [payment] = toUnlinkedRows(Json.parse(text), SETTINGS, RECORD);
  expect(payment?.row.metadata?.['com.paypal.spec/transaction_id']).toBe('12345678901234567');
  expect(payment?.row.amount).toEqual({ amount: 9007199254740993n, asset: 'EUR/2' });
});

it.each([
  [{ transaction_status: 'X' }, 'expected one of S, V, P, D, found "X"'],
  [{ transaction_status: null }, 'found no text'],
  [{ transaction_event_code: 'PAYMENT' }, 'expected a code like T0006'],
  [{ transaction_event_code: ['T0006'] }, 'expected a text'],
  [{ transaction_initiation_date: '2026-02-30T00:00:00+0000' }, 'transaction_initiation_date'],
  [{ transaction_initiation_date: undefined }, 'transaction_initiation_date'],
  [{ transaction_amount: { currency_code: 'XQX', value: '1' } }, 'XQX'],
  [{ transaction_amount: { currency_code: 'EUR', value: '1.005' } }, 'decimal places'],
  [{ transaction_amount: { currency_code: 'EUR', value: '1,00' } }, 'expected a decimal number'],
  [{ transaction_amount: true }, 'expected an object'],
  [{ fee_amount: { currency_code: 'EUR' } }, 'fee_amount.value'],
  [{ transaction_id: '' }, 'transaction_id'],
])('refuses %j', (info, reason) => {
  expect(() => map(info)).toThrow(InvalidRecordError);
  expect(() => map(info)).toThrow(reason);
});
