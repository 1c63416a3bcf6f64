import * as fc from 'fast-check';
import { serializeTransaction } from '../contract/serialize-records.js';
import { Json } from '../http/json-accessors.js';
import { isRejectedRecord } from '../plugin.js';
import type { Transaction } from '../record.types.js';
import {
  addMoney,
  applyDirection,
  COMMON_METADATA_KEYS,
  COMMON_METADATA_PREFIX,
  requireCurrency,
  requireNonNegativeMoney,
  createPspMetadata,
  createCommonMetadata,
  createWordTable,
  formatMinorUnits,
  negateMoney,
  parseMinorUnits,
  parseRowToRecords,
  pickMetadata,
  pickProperties,
  createOwnerMetadata,
  readScalar,
  readBankAccountId,
  readScalars,
  readText,
  readTexts,
  reverseRow,
  type RowDetails,
  toConversion,
  toConvertedPayout,
  toDispute,
  toDisputeNotice,
  toDisputeReversal,
  toFee,
  toFees,
  toOtherMovement,
  toPayment,
  toPayoutReturn,
  reverseRefund,
  toRefund,
  toRefundOf,
  toRefundReversal,
  toReversal,
  toTransfer,
  translateOrDefault,
  translateWord,
} from './index.js';
import type { MovementFields } from './index.js';

const eur = (amount: bigint) => ({ amount, asset: 'EUR/2' });
const fields = (more: Partial<MovementFields> = {}): MovementFields => ({
  ...{ id: 'row-1', createdAt: '2026-03-04T05:06:07Z', accountId: 'acc-1', amount: eur(1250n) },
  ...more,
});
/** Returns the change that a row causes in the balance of an account, as the completeness check calculates it. */
const effect = ({ amount, sourceAccountId, destinationAccountId }: Transaction, account = 'acc-1') =>
  (destinationAccountId === account ? amount.amount : 0n) -
  (sourceAccountId === account ? amount.amount : 0n);
const movement = ({ metadata }: Transaction) => metadata?.['com.tributary.spec/movement'];

describe('payments', () => {
  it('take type and direction from the sign of the amount', () => {
    expect(toPayment(fields({ counterpartyId: 'payer-1' }))).toMatchObject({
      ...{ type: 'PAYIN', status: 'SUCCEEDED', amount: eur(1250n) },
      ...{ sourceAccountId: 'payer-1', destinationAccountId: 'acc-1' },
    });
    expect(toPayment(fields({ amount: eur(-1250n), status: 'PENDING' }))).toEqual({
      ...{ id: 'row-1', createdAt: '2026-03-04T05:06:07Z', type: 'PAYOUT', status: 'PENDING' },
      ...{ amount: eur(1250n), sourceAccountId: 'acc-1' },
      metadata: { 'com.tributary.spec/movement': 'payout' },
    });
  });

  it('of zero have the direction that the plugin knows, and the movement that it knows better', () => {
    const zero = { amount: eur(0n), accountId: 'acc-1' };
    expect(toPayment(fields(zero)).type).toBe('PAYIN');
    const row = toPayment(fields({ ...zero, isZeroOutgoing: true, details: { movement: 'tax' } }));
    expect([row.type, row.sourceAccountId, movement(row)]).toEqual(['PAYOUT', 'acc-1', 'tax']);
    expect(movement(toPayment(fields({ details: { movement: undefined } })))).toBe('payment');
  });

  it('of another kind keep the direction', () => {
    const interest = toOtherMovement(fields({ amount: eur(-3n) }), 'interest');
    expect([interest.type, effect(interest), movement(interest)]).toEqual(['OTHER', -3n, 'interest']);
  });
});

describe('rows of an earlier row', () => {
  const payment = { id: 'pay-1', type: 'PAYIN' } as const;
  const payout = { id: 'out-1', type: 'PAYOUT' } as const;

  it.each([
    [toRefund, payment, 'REFUNDED', -1250n, 'refund'],
    [toRefundReversal, payment, 'REFUND_REVERSED', 1250n, 'refund_reversal'],
    [toDispute, payment, 'REFUNDED', -1250n, 'dispute'],
    [toDisputeReversal, payment, 'REFUND_REVERSED', 1250n, 'dispute_reversal'],
    [toPayoutReturn, payout, 'REFUNDED', 1250n, 'payout_return'],
    [toReversal, payout, 'REFUNDED', 1250n, 'adjustment'],
  ] as const)('%p of %j', (build, original, status, change, word) => {
    for (const amount of [eur(1250n), eur(-1250n)]) {
      const row = build(original, fields({ amount }));
      expect(row).toMatchObject({ relatedTransactionId: original.id, type: original.type, status });
      expect([effect(row), movement(row)]).toEqual([change, word]);
      expect(() => serializeTransaction(row)).not.toThrow();
    }
  });

  it('a returned transfer goes back to the account that had paid', () => {
    const row = toReversal({ id: 't-1', type: 'TRANSFER' }, fields({ counterpartyId: 'acc-2' }));
    expect([effect(row), effect(row, 'acc-2')]).toEqual([1250n, -1250n]);
  });

  it.each([
    ['pay-1', 'PAYIN', 'REFUNDED', 'REFUND_REVERSED'],
    [undefined, 'OTHER', 'SUCCEEDED', 'SUCCEEDED'],
  ])('a refund of %s, and its return', (id, type, status, returned) => {
    const refund = toRefundOf(id, fields({ amount: eur(-5n) }));
    const reversal = reverseRefund(refund, 'row-1.returned');
    expect([refund.type, refund.status, reversal.status]).toEqual([type, status, returned]);
    expect([movement(refund), movement(reversal)]).toEqual(['refund', 'refund_reversal']);
    expect([effect(refund), effect(reversal)]).toEqual([-5n, 5n]);
  });

  it('the stage of a dispute moves no money', () => {
    const row = toDisputeNotice(payment, 'won', fields());
    expect([row.status, effect(row), row.relatedTransactionId]).toEqual(['DISPUTE_WON', 0n, 'pay-1']);
  });

  it.each([
    [toPayment(fields({ orderKey: 'key' })), 'REFUNDED', 'refund', 'row-1'],
    [toPayment(fields({ amount: eur(-5n), counterpartyId: 'payee' })), 'REFUNDED', 'payout_return', 'row-1'],
    [toTransfer({ ...fields(), toAccountId: 'acc-2' }), 'REFUNDED', 'adjustment', 'row-1'],
    [toRefund(payment, fields()), 'REFUND_REVERSED', 'refund_reversal', 'pay-1'],
    [toFee(fields(), 'pay-1'), 'REFUNDED', 'fee', 'pay-1'],
  ])('%o is reversed by a row of its own', (row, status, word, relatedId) => {
    const reversal = reverseRow(row, 'row-1.reverted');
    expect(reversal).toMatchObject({ id: 'row-1.reverted', type: row.type, status, amount: row.amount });
    expect([reversal.relatedTransactionId, movement(reversal)]).toEqual([relatedId, word]);
    expect([effect(reversal), effect(reversal, 'acc-2')]).toEqual([-effect(row), -effect(row, 'acc-2')]);
    expect(reversal).not.toHaveProperty('orderKey');
    expect(() => serializeTransaction(reversal)).not.toThrow();
  });

  it('a refund that failed keeps its own status', () => {
    expect(toRefund(payment, fields({ status: 'REFUNDED_FAILURE' })).status).toBe('REFUNDED_FAILURE');
  });
});

describe('fees', () => {
  it('leave the account, or come back', () => {
    expect([effect(toFee(fields())), effect(toFee(fields({ amount: eur(-5n) })))]).toEqual([-1250n, 5n]);
  });

  it('only the first of a payment is tied: a second one of the same type would be merged into it', () => {
    const rows = toFees([fields({ id: 'f-1' }), fields({ id: 'f-2' })], 'pay-1');
    expect(rows.map(({ relatedTransactionId }) => relatedTransactionId)).toEqual(['pay-1', undefined]);
    expect(rows.map(({ metadata }) => metadata?.['com.tributary.spec/related_id'])).toEqual([
      'pay-1',
      'pay-1',
    ]);
  });
});

it('a transfer has both accounts', () => {
  const row = toTransfer({ ...fields(), toAccountId: 'acc-2' });
  expect([row.type, effect(row), effect(row, 'acc-2')]).toEqual(['TRANSFER', -1250n, 1250n]);
});

it('a conversion has one row for each asset, and they name each other', () => {
  const [sold, bought] = toConversion({
    ...fields({ orderKey: 'key' }),
    bought: { id: 'row-2', accountId: 'acc-1', amount: { amount: 1390n, asset: 'USD/2' } },
  });
  expect([effect(sold), effect(bought), sold.amount.asset, bought.amount.asset]).toEqual([
    ...[-1250n, 1390n, 'EUR/2', 'USD/2'],
  ]);
  expect([sold.orderKey, bought.orderKey, sold.relatedTransactionId]).toEqual(['key', undefined, undefined]);
  expect(bought.metadata).toEqual({
    'com.tributary.spec/movement': 'conversion',
    'com.tributary.spec/related_id': 'row-1',
    'com.tributary.spec/original_amount': '1250',
    'com.tributary.spec/original_currency': 'EUR/2',
  });
});

it.each([1250n, -1250n])('a payout of %s in another currency is a conversion and a payout', (amount) => {
  const payout = fields({ amount: eur(amount), counterpartyId: 'bank-1', details: { settlement: 'row-1' } });
  const rows = toConvertedPayout(payout, { amount: 1390n, asset: 'USD/2' });
  expect(rows).toMatchObject([
    { id: 'row-1.sold', type: 'TRANSFER', amount: eur(1250n), sourceAccountId: 'acc-1' },
    { id: 'row-1.bought', type: 'TRANSFER', destinationAccountId: 'acc-1' },
    { id: 'row-1', type: 'PAYOUT', sourceAccountId: 'acc-1', destinationAccountId: 'bank-1' },
  ]);
  expect(rows.map((row) => [effect(row), row.amount.asset])).toEqual([
    [-1250n, 'EUR/2'],
    [1390n, 'USD/2'],
    [-1390n, 'USD/2'],
  ]);
  expect(rows[2]?.metadata).toEqual({
    'com.tributary.spec/movement': 'payout',
    'com.tributary.spec/settlement': 'row-1',
    'com.tributary.spec/original_amount': '1250',
    'com.tributary.spec/original_currency': 'EUR/2',
  });
});

describe('words', () => {
  const table = { open: 'PENDING', '3020': 'FAILED' } as const;
  const translate = (json: string) => translateWord(table, Json.parse(json), 'state');

  it('are translated, as a number or as a text', () => {
    expect(['{"state":"open"}', '{"state":3020}', '{"state":"3020"}'].map(translate)).toEqual([
      ...['PENDING', 'FAILED', 'FAILED'],
    ]);
  });

  it('that are unknown have a default where the PSP adds words', () => {
    expect(['open', 'new', 'toString'].map((word) => translateOrDefault(table, word, 'PENDING'))).toEqual([
      ...['PENDING', 'PENDING', 'PENDING'],
    ]);
    expect(translateOrDefault(table, '3020', 'PENDING')).toBe('FAILED');
  });

  it('that are unknown are refused with the word', () => {
    expect(() => translate('{"state":"toString"}')).toThrow(
      'state: expected one of 3020, open, found "toString"',
    );
    expect(() => translate('{}')).toThrow('found no text');
  });
});

it('a table of words can list them under their meaning', () => {
  const table = createWordTable<'fee' | 'tax'>({ fee: ['charge', 'fee'], tax: ['vat'] });
  expect(table).toEqual({ charge: 'fee', fee: 'fee', vat: 'tax' });
});

describe('metadata', () => {
  it('has the names of the properties in snake case, after the path to their object', () => {
    const row = Json.parse('{"paidAt":"now","bank":{"name":"B","bic_code":1,"box":null},"x":[{"id":"i"}]}');
    expect(pickProperties('acme', row, ['paidAt', 'absent'])).toEqual(
      createPspMetadata('acme', { paid_at: 'now' }),
    );
    const names = ['name', 'bic_code', 'box'];
    expect(pickProperties('acme', row, names, 'bank')).toEqual(
      createPspMetadata('acme', { bank_name: 'B', bank_bic_code: '1' }),
    );
    expect(pickProperties('acme', row, ['id'], 'x', 0)).toEqual(createPspMetadata('acme', { x_0_id: 'i' }));
    expect(pickProperties('acme', row, names, 'paidAt')).toEqual({});
  });

  it('is read from every type', () => {
    const row = Json.parse(
      '{"a":"x","b":1.50,"c":true,"d":{"e":[12345678901234567890]},"f":null,"g":"","h":1e999}',
    );
    const paths = { a: ['a'], b: ['b'], c: ['c'], d: ['d'], e: ['d', 'e', 0], f: ['f'], g: ['g'], h: ['h'] };
    expect(pickMetadata('acme', row, paths)).toEqual(
      createPspMetadata('acme', {
        ...{ a: 'x', b: '1.50', c: 'true', d: '{"e":[12345678901234567890]}', e: '12345678901234567890' },
        h: '1e999',
      }),
    );
  });

  it('of a nested object has all its texts, numbers and flags; an object or a list in place of a text is no id', () => {
    const context = {
      paymentId: 'tr_1',
      refund: { refundId: 5, isLate: true },
      note: ['a'],
      empty: '',
      none: null,
    };
    const json = Json.parse(JSON.stringify(context));
    expect(readScalars(json)).toEqual({ payment_id: 'tr_1', refund_id: '5', is_late: 'true' });
    expect(readScalars(Json.parse('[1]'))).toEqual({});
    expect(readScalar(json, 'note')).toBeUndefined();
    expect(readScalar(Json.parse('"[1]"'))).toBe('[1]');
  });

  it('reads texts by a table of paths, and takes the first path with a value', () => {
    const json = Json.parse('{"owner":{"name":""},"title":"Shop","iban":7,"list":[1]}');
    const paths = { name: 'owner.name title', iban: 'iban', city: 'owner.city list.0.city' };
    expect(readTexts(json, paths)).toEqual({ name: 'Shop', iban: '7' });
  });

  it.each([
    ['{"iban":"nl02 abna","bic":"ABNANL2A"}', 'NL02ABNA'],
    [
      '{"type":"usLocal","routingNumber":"011000138","accountNumber":"123456789"}',
      'usLocal.123456789.011000138',
    ],
    ['{"type":"usLocal"}', undefined],
    ['[]', undefined],
  ])('identifies the bank account %s', (text, id) => {
    expect(readBankAccountId(Json.parse(text))).toBe(id);
  });

  it("of an owner has Formance's own keys", () => {
    const row = {
      ...toPayment(fields()),
      metadata: createOwnerMetadata({ iban: 'NL02ABNA0123456789', city: undefined }),
    };
    expect(serializeTransaction(row).content).toContain(
      '"metadata":{"com.formance.spec/owner/iban":"NL02ABNA0123456789"}',
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const read = readText(Json.parse(text));
        expect(read === undefined || (read !== '' && read.isWellFormed())).toBe(true);
      }),
    );
  });

  it('for reconciliation has the format of the row itself, and nothing in another asset', () => {
    const details = { reference: '', net: eur(1200n), fee: { amount: 50n, asset: 'USD/2' } };
    expect(createCommonMetadata(details, 'EUR/2')).toEqual({ 'com.tributary.spec/net': '1200' });
  });

  it('contain every key, in the documented sequence, if a row has all details', () => {
    const money = { amount: 1n, asset: 'EUR/2' };
    const details: Required<RowDetails> = {
      ...{ movement: 'refund', reference: 'r', merchantReference: 'm', endToEndId: 'e', settlement: 's' },
      ...{ relatedId: 'i', net: money, fee: money, counterpartyName: 'n', counterpartyAccount: 'a' },
      ...{ bookedAt: '2026-01-01', valueDate: '2026-01-02', original: money },
    };
    const keys = COMMON_METADATA_KEYS.map((key) => `${COMMON_METADATA_PREFIX}${key}`);
    expect(Object.keys(createCommonMetadata(details, 'EUR/2'))).toEqual(keys);
  });
});

describe('minor units', () => {
  it.each([
    ['1250', 'EUR', undefined, 1250n],
    ['-5', 'JPY', undefined, -5n],
    ['1250.0', 'KWD', undefined, 1250n],
    ['125000', 'ISK', 2, 1250n],
    ['1250', 'IDR', 0, 125000n],
  ])('%s of %s with %p decimals', (units, currency, decimals, amount) => {
    const money = parseMinorUnits(units, currency, decimals);
    expect(money.amount).toBe(amount);
    expect(formatMinorUnits(money, decimals)).toBe(units.replace('.0', ''));
  });

  it.each([
    ['12.5', 'EUR', undefined, 'is not a whole number of minor units'],
    ['', 'EUR', undefined, 'is not a whole number of minor units'],
    ['125001', 'ISK', 2, 'without losing a digit'],
    ['1', 'XQX', undefined, 'not in ISO 4217'],
  ])('refuses %s %s with %p decimals', (units, currency, decimals, message) => {
    expect(() => parseMinorUnits(units, currency, decimals)).toThrow(message);
  });

  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.constantFrom('EUR', 'JPY', 'KWD', 'CLF'), (units, currency) => {
        fc.pre(units.toString().length <= 64);
        expect(formatMinorUnits(parseMinorUnits(units.toString(), currency))).toBe(units.toString());
      }),
    );
  });

  it('get the sign of their direction; a sign of their own is refused', () => {
    expect(applyDirection(eur(5n), true, 'side')).toEqual(eur(5n));
    expect(applyDirection(eur(5n), false, 'side')).toEqual(eur(-5n));
    expect(requireNonNegativeMoney(eur(0n), 'total')).toEqual(eur(0n));
    expect(() => requireNonNegativeMoney(eur(-5n), 'total')).toThrow('total: amount -5 is negative');
    expect(requireCurrency(eur(5n), 'EUR', 'total')).toEqual(eur(5n));
    expect(requireCurrency(eur(5n), undefined, 'total')).toEqual(eur(5n));
    expect(() => requireCurrency(eur(5n), 'USD', 'total')).toThrow('total: the amount is in EUR');
    expect(() => applyDirection(eur(-5n), true, 'side')).toThrow(
      'amount -5 is negative, and side tells the direction',
    );
  });

  it('are added in one asset only', () => {
    expect(addMoney(eur(5n), negateMoney(eur(7n)), eur(1n))).toEqual(eur(-1n));
    expect(() => addMoney(eur(5n), { amount: 1n, asset: 'USD/2' })).toThrow('cannot be added');
  });
});

describe('parseRowToRecords', () => {
  const row = Json.parse('{"id":"p1","fee":"x"}');

  it('one rejected record does not cost the others', () => {
    const records = parseRowToRecords<Transaction>(row, 'id', (payment, add) => {
      add('p1', () => toPayment(fields({ id: payment.string('id') })));
      add('p1-fee', () => toFee(fields({ amount: parseMinorUnits(payment.string('fee'), 'EUR') })));
      add('p1-more', () => [toPayment(fields({ id: 'a' })), toPayment(fields({ id: 'b' }))]);
      add('p1-none', () => undefined);
    });
    expect(records.map(({ id }) => id)).toEqual(['p1', 'p1-fee', 'a', 'b']);
    expect(records.filter(isRejectedRecord)).toEqual([
      { id: 'p1-fee', reason: expect.stringContaining('whole number'), raw: '{"id":"p1","fee":"x"}' },
    ]);
  });

  it('an object without what all its records need is rejected as a whole', () => {
    const records = parseRowToRecords<Transaction>(row, 'id', (payment, add) => {
      add('p1', () => toPayment(fields()));
      payment.string('currency');
    });
    expect(records).toEqual([
      { id: 'p1', reason: 'currency: expected a text, found nothing', raw: '{"id":"p1","fee":"x"}' },
    ]);
  });

  it('a defect of the plugin is not the fault of a row', () => {
    const convert = () => {
      throw new TypeError('a defect');
    };
    expect(() => parseRowToRecords(row, 'id', convert)).toThrow('a defect');
    expect(() => parseRowToRecords(row, 'id', (_, add) => add('p1', convert))).toThrow('a defect');
  });
});
