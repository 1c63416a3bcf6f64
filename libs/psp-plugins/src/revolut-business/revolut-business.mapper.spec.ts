import { InvalidRecordError } from '@tributary/connector-api';
import type { Transaction } from '@tributary/connector-api';
import { Json } from '@tributary/connector-api/http';
import { toTransactions } from './revolut-business.mapper.js';
import { TRANSACTION_KINDS } from './revolut-business.vocabulary.js';

const createLeg = (more: object = {}) => ({
  leg_id: 'leg',
  account_id: 'acc-1',
  amount: -10,
  currency: 'EUR',
  ...more,
});

function mapRow(row: object): Transaction[] {
  return toTransactions(Json.parse(JSON.stringify(createRow(row))));
}

function createRow(row: object): object {
  return {
    id: 'tx-1',
    type: 'transfer',
    state: 'completed',
    created_at: '2026-01-01T10:00:00.123456Z',
    updated_at: '2026-01-02T10:00:00Z',
    completed_at: '2026-01-02T10:00:00Z',
    legs: [createLeg()],
    ...row,
  };
}

/** Formats each row as one line: `id type status amount asset source>destination related`. */
function formatRows(rows: readonly Transaction[]): string[] {
  return rows.map(
    ({
      id,
      type,
      status,
      amount,
      sourceAccountId = '',
      destinationAccountId = '',
      relatedTransactionId = '-',
    }) =>
      `${id} ${type} ${status} ${amount.amount} ${amount.asset} ${sourceAccountId}>${destinationAccountId} ${relatedTransactionId}`,
  );
}

describe('states', () => {
  it.each([
    ['created', ['tx-1 PAYOUT PENDING 1000 EUR/2 acc-1> -']],
    ['pending', ['tx-1 PAYOUT PENDING 1000 EUR/2 acc-1> -']],
    ['completed', ['tx-1 PAYOUT SUCCEEDED 1000 EUR/2 acc-1> -']],
    ['declined', ['tx-1 PAYOUT FAILED 1000 EUR/2 acc-1> -']],
    ['failed', ['tx-1 PAYOUT FAILED 1000 EUR/2 acc-1> -']],
    [
      'reverted',
      ['tx-1 PAYOUT SUCCEEDED 1000 EUR/2 acc-1> -', 'tx-1.reverted PAYOUT REFUNDED 1000 EUR/2 >acc-1 tx-1'],
    ],
    ['a state of tomorrow', ['tx-1 PAYOUT OTHER 1000 EUR/2 acc-1> -']],
  ])('a transfer that is %s', (state, expected) => {
    expect(formatRows(mapRow({ state }))).toEqual(expected);
  });

  it('an authorisation of a card that lapsed is cancelled; one that was completed came back', () => {
    const card = { type: 'card_payment', state: 'reverted' };
    expect(formatRows(mapRow({ ...card, completed_at: undefined }))).toEqual([
      'tx-1 PAYOUT CANCELLED 1000 EUR/2 acc-1> -',
    ]);
    expect(formatRows(mapRow(card))).toHaveLength(2);
  });

  it('is the same record in every state, with one creation time', () => {
    const [pending] = mapRow({ state: 'pending' });
    const [reverted, back] = mapRow({ state: 'reverted', updated_at: '2026-02-01T00:00:00Z' });
    expect(reverted).toMatchObject({ id: pending?.id, createdAt: pending?.createdAt });
    expect(back?.createdAt).toBe(pending?.createdAt);
  });
});

describe('types', () => {
  it.each(Object.keys(TRANSACTION_KINDS))('%s', (type) => {
    const out = { type, legs: [createLeg()] };
    const into = { type, legs: [createLeg({ amount: 10 })] };
    const related = { related_transaction_id: 'tx-0' };
    expect({
      out: formatRows(mapRow(out)),
      in: formatRows(mapRow(into)),
      'out, of another': formatRows(mapRow({ ...out, ...related })),
      'in, of another': formatRows(mapRow({ ...into, ...related })),
      'in, of another, open': formatRows(mapRow({ ...into, ...related, state: 'pending' })),
      'in, of another, failed': formatRows(mapRow({ ...into, ...related, state: 'failed' })),
      'in, of another, reverted': formatRows(mapRow({ ...into, ...related, state: 'reverted' })),
    }).toMatchSnapshot();
  });

  it.each(['lottery', 'constructor'])(
    'one that Revolut adds tomorrow is OTHER, under its own name: %s',
    (type) => {
      const [row] = mapRow({ type });
      expect(row).toMatchObject({
        type: 'OTHER',
        sourceAccountId: 'acc-1',
        metadata: { 'com.revolut-business.spec/type': type },
      });
    },
  );
});

describe('legs', () => {
  const minus = createLeg();
  const plus = createLeg({ account_id: 'acc-2', amount: 10 });

  it.each([
    ['the paying one first', [minus, plus]],
    ['the paying one last', [plus, minus]],
  ])('two of one currency are a transfer between our accounts: %s', (_, legs) => {
    expect(formatRows(mapRow({ legs }))).toEqual(['tx-1 TRANSFER SUCCEEDED 1000 EUR/2 acc-1>acc-2 -']);
  });

  it('where both amounts are positive, as in the document, the first one pays', () => {
    const legs = [createLeg({ amount: 10 }), plus];
    expect(formatRows(mapRow({ legs }))).toEqual(['tx-1 TRANSFER SUCCEEDED 1000 EUR/2 acc-1>acc-2 -']);
  });

  it('one, to an account of ours', () => {
    const legs = [createLeg({ counterparty: { account_type: 'self', account_id: 'acc-9' } })];
    expect(formatRows(mapRow({ legs }))).toEqual(['tx-1 TRANSFER SUCCEEDED 1000 EUR/2 acc-1>acc-9 -']);
  });

  it('an exchange is two rows that name each other', () => {
    const rows = mapRow({
      type: 'exchange',
      legs: [minus, createLeg({ account_id: 'acc-3', amount: 1600, currency: 'JPY' })],
    });
    expect(formatRows(rows)).toEqual([
      'tx-1 TRANSFER SUCCEEDED 1000 EUR/2 acc-1> -',
      'tx-1.acc-3 TRANSFER SUCCEEDED 1600 JPY >acc-3 -',
    ]);
    expect(rows.map(({ metadata }) => metadata?.['com.revolut-business.spec/exchanged_with'])).toEqual([
      'tx-1.acc-3',
      'tx-1',
    ]);
  });

  it('fees are rows of their own once they are charged', () => {
    const legs = [createLeg({ fee: 0.1 })];
    expect(formatRows(mapRow({ legs }))).toEqual([
      'tx-1 PAYOUT SUCCEEDED 1000 EUR/2 acc-1> -',
      'tx-1.fee.acc-1 OTHER SUCCEEDED 10 EUR/2 acc-1> tx-1',
    ]);
    expect(formatRows(mapRow({ legs, state: 'pending' }))).toHaveLength(1);
    expect(formatRows(mapRow({ legs, state: 'reverted' }))).toContain(
      'tx-1.fee.acc-1.reverted OTHER REFUNDED 10 EUR/2 >acc-1 tx-1',
    );
    expect(formatRows(mapRow({ legs: [createLeg({ fee: 0 })] }))).toHaveLength(1);
  });

  it('no two rows are one payment to a client: it tells them by the id they are tied to, or their own, and the type', () => {
    const both = [
      createLeg({ fee: 0.1 }),
      createLeg({ account_id: 'acc-3', amount: 5, currency: 'GBP', fee: 0.2 }),
    ];
    for (const row of [
      { type: 'exchange', legs: both },
      { type: 'charge', legs: [createLeg({ fee: 1 })] },
      { legs: [createLeg({ fee: 0.1 }), createLeg({ account_id: 'acc-2', amount: 10, fee: 0.1 })] },
    ]) {
      const rows = mapRow(row);
      const payments = rows.map(
        ({ id, relatedTransactionId, type }) => `${relatedTransactionId ?? id} ${type}`,
      );
      expect(new Set(payments).size).toBe(rows.length);
    }
  });

  it('names the beneficiary where the leg names its account', () => {
    const legs = [createLeg({ counterparty: { account_type: 'external', id: 'cp-1', account_id: 'ca-1' } })];
    expect(mapRow({ legs })[0]?.destinationAccountId).toBe('cp-1.ca-1');
  });
});

describe('amounts', () => {
  it.each([
    ['-123456789012.34', 'EUR', 12345678901234n],
    ['-0.1', 'EUR', 10n],
    ['-1e3', 'JPY', 1000n],
    ['-1.234', 'KWD', 1234n],
  ])('%s %s is exact', (amount, currency, expected) => {
    const text = JSON.stringify(createRow({ legs: [createLeg({ amount: 'HERE', currency })] }));
    const [row] = toTransactions(Json.parse(text.replace('"HERE"', amount)));
    expect(row?.amount.amount).toBe(expected);
  });

  it.each([
    ['a digit too many', [createLeg({ amount: 1.001 })], 'more than the 2 decimal places'],
    ['an unknown currency', [createLeg({ currency: 'XQX' })], 'not in ISO 4217'],
    ['no legs', [], 'legs'],
    ['no amount', [createLeg({ amount: undefined })], 'legs[0].amount'],
  ])('refuses %s', (_, legs, why) => {
    const refused = () => mapRow({ legs });
    expect(refused).toThrow(InvalidRecordError);
    expect(refused).toThrow(why);
  });
});

it('carries the request_id of transfers as the key of the order, and nothing that changes by itself', () => {
  const [row] = mapRow({ request_id: 'key-1' });
  expect(row?.orderKey).toBe('key-1');
  const [again] = mapRow({
    request_id: 'key-1',
    updated_at: '2026-03-01T00:00:00Z',
    legs: [createLeg({ balance: 5 })],
  });
  expect(again).toEqual({ ...row, updatedAt: '2026-03-01T00:00:00Z' });
  expect(mapRow({ type: 'card_payment', request_id: 'REVP:1' })[0]?.orderKey).toBeUndefined();
});
