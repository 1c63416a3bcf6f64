import fc from 'fast-check';
import { InvalidRecordError } from '../errors.js';
import { decodeId } from '../id-encoding.js';
import type { Account, Balances, Beneficiary, Transaction } from '../record.types.js';
import { TRANSACTION_STATUSES, TRANSACTION_TYPES } from '../record.types.js';
import {
  serializeAccount,
  validateBalances,
  serializeBeneficiary,
  appendFeedTime,
  serializeTransaction,
} from './serialize-records.js';

const PAYMENT: Transaction = {
  id: 'tx/1',
  relatedTransactionId: 'tx 0',
  createdAt: '2026-03-04T06:06:07.5+01:00',
  updatedAt: '2026-03-05T00:00:00Z',
  type: 'PAYOUT',
  status: 'PENDING',
  amount: { amount: 1250n, asset: 'EUR/2' },
  scheme: 'SEPA',
  sourceAccountId: 'acc-1',
  destinationAccountId: 'ben/1',
  metadata: { 'com.acme.spec/z': '1', 'com.acme.spec/a': '2', gone: undefined },
};

/** Returns the row as a client parses it. */
function decoded(stream: 'accounts' | 'beneficiaries' | 'transactions', content: string): unknown {
  return JSON.parse(appendFeedTime(stream, content, '2026-03-05T00:00:00.010Z'));
}

/** Returns a record whose properties have wrong types. A plugin produces such a record if it casts the PSP's data to a wrong type. */
function withWrongTypes<T>(record: T, properties: object): T {
  return { ...record, ...properties };
}

test('a transaction in full', () => {
  const { id, pspTime, content } = serializeTransaction(PAYMENT);
  expect(id).toBe('tx~2F1');
  expect(pspTime).toBe(Date.UTC(2026, 2, 5));
  expect(decoded('transactions', content)).toEqual({
    id: 'tx~2F1',
    relatedTransactionID: 'tx~200',
    createdAt: '2026-03-04T05:06:07.500Z',
    updatedAt: '2026-03-05T00:00:00.010Z',
    currency: 'EUR/2',
    scheme: 'SEPA',
    type: 'PAYOUT',
    status: 'PENDING',
    amount: '1250',
    sourceAccountID: 'acc-1',
    destinationAccountID: 'ben~2F1',
    metadata: { 'com.acme.spec/a': '2', 'com.acme.spec/z': '1', 'com.tributary.spec/psp_id': 'tx/1' },
  });
});

test('an account and a beneficiary in full, and with nothing that can be left out', () => {
  const account: Account = { id: 'a', name: 'Main', openedAt: '2020-01-01T00:00:00Z' };
  expect(decoded('accounts', serializeAccount(account).content)).toEqual({
    id: 'a',
    accountName: 'Main',
    createdAt: '2026-03-05T00:00:00.010Z',
    metadata: { 'com.tributary.spec/opened_at': '2020-01-01T00:00:00.000Z' },
  });
  const beneficiary: Beneficiary = { id: 'b', ownerName: '山田' };
  expect(serializeBeneficiary(beneficiary).pspTime).toBeUndefined();
  expect(decoded('beneficiaries', serializeBeneficiary(beneficiary).content)).toEqual({
    id: 'b',
    ownerName: '山田',
    createdAt: '2026-03-05T00:00:00.010Z',
  });
});

test('a row with any texts of a PSP can be decoded, by PostgreSQL too', () => {
  const anyText = fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  });
  const keys = fc.oneof(
    anyText,
    fc.constantFrom('__proto__', 'constructor', 'toString', '1', '', '\u0000', '\ud800'),
  );
  fc.assert(
    fc.property(anyText, anyText, fc.array(fc.tuple(keys, anyText)), (scheme, name, entries) => {
      const metadata = Object.fromEntries(entries);
      for (const { content } of [
        serializeTransaction({ ...PAYMENT, scheme, metadata }),
        serializeAccount({ id: 'a', name, metadata }),
        serializeBeneficiary({ id: 'a', ownerName: name, metadata }),
      ]) {
        const row = decoded('transactions', content) as { metadata?: Record<string, unknown> };
        expect(Object.values(row.metadata ?? {}).every((value) => typeof value === 'string')).toBe(true);
        expect(content.isWellFormed()).toBe(true);
        // The escapes of lone surrogates and of U+0000 are valid in JSON, but databases cannot store these characters.
        expect(/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f]..)/i.test(content)).toBe(false);
      }
    }),
    { numRuns: 300 },
  );
});

test('no metadata key is lost to a name that objects have anyway', () => {
  const metadata = JSON.parse(
    '{"__proto__":"p","constructor":"c","toString":"t","10":"x","9":"y"}',
  ) as Record<string, string>;
  const row = decoded('accounts', serializeAccount({ id: 'a', name: 'n', metadata }).content) as {
    metadata: object;
  };
  expect(Object.entries(row.metadata).sort()).toEqual(Object.entries(metadata).sort());
});

test('the order in which a PSP lists metadata makes no new version', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ unit: 'binary' })), (keys) => {
      const of = (order: string[]) =>
        Object.fromEntries(order.map((key) => [key, 'v'])) as Record<string, string>;
      const [one, other] = [of(keys), of([...keys].reverse())].map(
        (metadata) => serializeAccount({ id: 'a', name: 'n', metadata }).content,
      );
      expect(one).toBe(other);
    }),
  );
});

test('ids are never repaired: those that differ stay apart, and lead back to what the PSP said', () => {
  for (const id of ['a\u0000', 'a\ufffd', 'a', '.', '..', '😀', '__proto__']) {
    expect(decodeId(serializeAccount({ id, name: 'n' }).id)).toBe(id);
    expect(decodeId(serializeTransaction({ ...PAYMENT, id }).id)).toBe(id);
    expect(decodeId(validateBalances({ accountId: id, at: PAYMENT.createdAt, amounts: [] }).accountId)).toBe(
      id,
    );
    const row = decoded('transactions', serializeTransaction({ ...PAYMENT, sourceAccountId: id }).content);
    expect(decodeId((row as { sourceAccountID: string }).sourceAccountID)).toBe(id);
  }
  for (const id of ['\ud800', 'x\udfff']) {
    expect(() => serializeAccount({ id, name: 'n' })).toThrow('not well-formed');
    expect(() => serializeTransaction({ ...PAYMENT, relatedTransactionId: id })).toThrow('not well-formed');
  }
});

test('every status and type of the contract is served, and no other', () => {
  for (const status of TRANSACTION_STATUSES) serializeTransaction({ ...PAYMENT, status });
  for (const type of TRANSACTION_TYPES) serializeTransaction({ ...PAYMENT, type });
  for (const word of [
    '',
    'pending',
    'PAID',
    '__proto__',
    undefined,
    null,
    5n,
    {},
    ['PENDING'],
    'X'.repeat(1e6),
  ]) {
    expect(() => serializeTransaction(withWrongTypes(PAYMENT, { status: word }))).toThrow(
      /^status .{1,400}$/,
    );
    expect(() => serializeTransaction(withWrongTypes(PAYMENT, { type: word }))).toThrow(/^type .{1,400}$/);
  }
});

test('amounts of any size are served in full, and are never negative', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 80n), (amount) => {
      const { content } = serializeTransaction({ ...PAYMENT, amount: { amount, asset: 'ETH/18' } });
      expect(decoded('transactions', content)).toMatchObject({
        amount: amount.toString(),
        currency: 'ETH/18',
      });
    }),
  );
  expect(() => serializeTransaction({ ...PAYMENT, amount: { amount: -1n, asset: 'EUR/2' } })).toThrow(
    'is negative',
  );
});

test.each<[string, object]>([
  ['id', { id: undefined }],
  ['id', { id: null }],
  ['id', { id: 5 }],
  ['id', { id: '' }],
  ['related object', { relatedTransactionId: null }],
  ['related object', { sourceAccountId: 7 }],
  ['id is empty', { destinationAccountId: '' }],
  ['createdAt', { createdAt: undefined }],
  ['createdAt', { createdAt: 1_772_600_767 }],
  ['createdAt', { createdAt: '2026-02-30T00:00:00Z' }],
  ['updatedAt', { updatedAt: null }],
  ['updatedAt', { updatedAt: new Date() }],
  ['scheme', { scheme: 1 }],
  ['amount', { amount: undefined }],
  ['amount', { amount: null }],
  ['amount', { amount: { amount: 12, asset: 'EUR/2' } }],
  ['amount', { amount: { amount: '12', asset: 'EUR/2' } }],
  ['asset', { amount: { amount: 12n } }],
  ['asset', { amount: { amount: 12n, asset: 'eur/2' } }],
  ['asset', { amount: { amount: 12n, asset: 'EUR/2\n' } }],
  ['metadata', { metadata: { a: 1 } }],
  ['metadata', { metadata: { a: null } }],
  ['metadata', { metadata: { a: { b: 'c' } } }],
])('a wrong %s is refused by name: %j', (member, wrong) => {
  const serve = () => serializeTransaction(withWrongTypes(PAYMENT, wrong));
  expect(serve).toThrow(InvalidRecordError);
  expect(serve).toThrow(member);
});

test('wrong accounts and beneficiaries are refused by name', () => {
  expect(() => serializeAccount(withWrongTypes<Account>({ id: 'a', name: 'n' }, { name: null }))).toThrow(
    'name is null',
  );
  expect(() => serializeAccount(withWrongTypes<Account>({ id: 'a', name: 'n' }, { openedAt: null }))).toThrow(
    'openedAt of type',
  );
  expect(() => serializeBeneficiary({ id: 'b', ownerName: 'n', registeredAt: 'yesterday' })).toThrow(
    'registeredAt',
  );
});

test('balances: each asset once, negative ones too', () => {
  const balances: Balances = {
    accountId: 'a/1',
    at: '2026-03-04T05:06:07Z',
    amounts: [
      { amount: -5n, asset: 'EUR/2' },
      { amount: 10n ** 40n, asset: 'JPY' },
    ],
  };
  expect(validateBalances(balances)).toEqual({
    accountId: 'a~2F1',
    at: Date.UTC(2026, 2, 4, 5, 6, 7),
    amounts: new Map([
      ['EUR/2', -5n],
      ['JPY', 10n ** 40n],
    ]),
  });
  const twice = { ...balances, amounts: [...balances.amounts, { amount: 0n, asset: 'JPY' }] };
  expect(() => validateBalances(twice)).toThrow('the balance in JPY of account a/1 comes twice');
  for (const wrong of [
    { accountId: 5 },
    { accountId: undefined },
    { at: 5 },
    { amounts: [{ amount: 1, asset: 'JPY' }] },
  ]) {
    expect(() => validateBalances(withWrongTypes(balances, wrong))).toThrow(InvalidRecordError);
  }
});
