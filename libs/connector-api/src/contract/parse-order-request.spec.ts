import type { OrderKind } from '../order.types.js';
import type { ErrorBody } from './contract-error.js';
import { ContractError } from './contract-error.js';
import { parseOrderRequest } from './parse-order-request.js';

const LISTS: Record<string, readonly string[]> = {
  accounts: ['main', 'savings'],
  beneficiaries: ['ben-1', 'main'],
};
const backend = {
  findServedIds: async (stream: string, ids: readonly string[]) =>
    new Set(ids.filter((id) => LISTS[stream]?.includes(id))),
};
const GOOD = {
  idempotencyKey: 'order 1/ä',
  amount: '1250',
  currency: 'EUR/2',
  sourceAccountId: 'main',
  destinationAccountId: 'ben-1',
};
const TO_SAVINGS = { ...GOOD, destinationAccountId: 'savings' };

const parse = (body: object, kind: OrderKind = 'PAYOUT') =>
  parseOrderRequest(kind, { ...GOOD, ...body }, backend);

async function refusal(body: object, kind: OrderKind = 'PAYOUT'): Promise<ErrorBody> {
  const error: unknown = await parse(body, kind).then(
    () => 'accepted',
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ContractError)) throw new Error(`${String(error)}: ${JSON.stringify(body)}`);
  expect(error.getStatus()).toBe(422);
  return error.getResponse() as ErrorBody;
}

describe('what is a good order', () => {
  it('needs five members; the rest is optional, and what we do not know is ignored', async () => {
    const order = {
      idempotencyKey: 'order 1/ä',
      amount: { amount: 1250n, asset: 'EUR/2' },
      sourceAccountId: 'main',
      destinationAccountId: 'ben-1',
      metadata: {},
    };
    expect(await parse({})).toEqual(order);
    expect(await parse({ description: '', metadata: null, type: 'FAST', provider: {} })).toEqual(order);
    expect(await parse({ description: null, metadata: {} })).toEqual(order);
    expect(await parse({ description: 'Rent', metadata: { a: '', 'b c': 'ü' } })).toEqual({
      ...order,
      description: 'Rent',
      metadata: { a: '', 'b c': 'ü' },
    });
  });

  it.each([
    ['1', 'EUR/2', 1n],
    ['1000000000000000000000000000000', 'EUR/2', 10n ** 30n],
    ['9'.repeat(78), 'BTC/8', 10n ** 78n - 1n],
    ['500', 'JPY', 500n],
  ])('may be of %s %s', async (amount, currency, units) => {
    expect((await parse({ amount, currency })).amount).toEqual({ amount: units, asset: currency });
  });

  it('may name an asset without decimal places as the API of Formance does', async () => {
    expect(await parse({ amount: '500', currency: 'JPY/0' })).toMatchObject({
      amount: { amount: 500n, asset: 'JPY' },
      requestedAsset: 'JPY/0',
    });
    expect(await parse({ currency: 'JPY' })).not.toHaveProperty('requestedAsset');
    expect((await refusal({ currency: 'EUR/0' })).Detail).toContain('expected "EUR/2"');
    expect((await refusal({ currency: 'JPY/00' })).Detail).toContain('expected "JPY"');
  });

  it('a transfer goes from account to account', async () => {
    expect((await parse(TO_SAVINGS, 'TRANSFER')).destinationAccountId).toBe('savings');
  });

  it('keeps names that objects have a meaning for', async () => {
    const body = JSON.parse('{"metadata":{"__proto__":"x","constructor":"y"}}') as object;
    expect(Object.entries((await parse(body)).metadata)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });
});

describe('what is wrong is named', () => {
  it('an idempotencyKey of more bytes than every database can look up', async () => {
    const most = '\u20ac'.repeat(682);
    expect((await parse({ idempotencyKey: most })).idempotencyKey).toBe(most);
    const { Title, Detail } = await refusal({ idempotencyKey: `${most}\u20ac` });
    expect(Title).toBe('Invalid payout: idempotencyKey');
    expect(Detail).toContain('at most 2048 bytes of UTF-8');
  });

  it.each([
    ['0'],
    ['00'],
    ['01'],
    ['-5'],
    ['+5'],
    ['12.50'],
    ['1e3'],
    ['0x10'],
    [''],
    [' 1'],
    ['1 '],
    ['1_000'],
    ['١٢'],
    ['9'.repeat(79)],
    [12],
    [12.5],
    [null],
    [undefined],
    [true],
    [['1']],
    [{}],
  ])('amount %j', async (amount) => {
    const { Title, Detail } = await refusal({ amount });
    expect(Title).toBe('Invalid payout: amount');
    expect(Detail).toMatch(/^amount is .*, expected a positive whole number of minor units as a string/);
  });

  it.each([
    ['EUR', '"EUR/2"'],
    ['EUR/3', '"EUR/2"'],
    ['JPY/2', '"JPY"'],
    ['BTC/08', '"BTC/8"'],
    ['eur/2', 'an asset like "EUR/2" or "JPY"'],
    ['', 'an asset'],
    ['EUR/', 'an asset'],
    ['EUR/2 ', 'an asset'],
    [978, 'an asset'],
    [null, 'an asset'],
    [undefined, 'an asset'],
  ])('currency %j: expected %s', async (currency, expected) => {
    const { Title, Detail } = await refusal({ currency });
    expect(Title).toBe('Invalid payout: currency');
    expect(Detail).toContain(`, expected ${expected}`);
  });

  it.each([[''], [undefined], [null], [7], ['a\u0000b'], ['half \ud800'], ['x'.repeat(1025)], [['a']]])(
    'idempotencyKey %j',
    async (idempotencyKey) => {
      expect((await refusal({ idempotencyKey })).Title).toBe('Invalid payout: idempotencyKey');
    },
  );

  it.each<[OrderKind, object, string, string]>([
    ['PAYOUT', { sourceAccountId: 'nobody' }, 'sourceAccountId', '"nobody" is not in the list of accounts'],
    ['PAYOUT', { sourceAccountId: 'ben-1' }, 'sourceAccountId', 'is not in the list of accounts'],
    ['PAYOUT', { sourceAccountId: 5 }, 'sourceAccountId', 'is the number 5, expected a text'],
    [
      'PAYOUT',
      { destinationAccountId: 'nobody' },
      'destinationAccountId',
      'is not in the list of beneficiaries',
    ],
    [
      'PAYOUT',
      { destinationAccountId: 'savings' },
      'destinationAccountId',
      'between accounts make a transfer',
    ],
    [
      'TRANSFER',
      { destinationAccountId: 'ben-1' },
      'destinationAccountId',
      'a transfer goes from account to account',
    ],
    ['TRANSFER', { destinationAccountId: 'main' }, 'destinationAccountId', 'is the source too'],
    ['PAYOUT', { metadata: ['a'] }, 'metadata', 'is a list, expected an object of texts'],
    ['PAYOUT', { metadata: { a: '1', b: 2 } }, 'metadata', 'metadata["b"] is the number 2'],
    ['PAYOUT', { metadata: { a: null } }, 'metadata', 'metadata["a"] is null'],
    ['PAYOUT', { metadata: { '\ud800': 'a' } }, 'metadata', 'expected a text without U+0000'],
    ['PAYOUT', { description: 5 }, 'description', 'is the number 5'],
    ['PAYOUT', { description: 'a\u0000' }, 'description', 'expected a text without U+0000'],
  ])('%s %j', async (kind, body, member, says) => {
    const { Title, Detail } = await refusal(body, kind);
    expect(Title).toBe(`Invalid ${kind.toLowerCase()}: ${member}`);
    expect(Detail).toContain(says);
  });

  it('all of it at once, and what is long is cut', async () => {
    const body = {
      amount: 0,
      currency: 'x'.repeat(1000),
      idempotencyKey: '',
      sourceAccountId: null,
      metadata: 1,
      description: [],
    };
    const { Title, Detail } = await refusal({ ...body, destinationAccountId: 'nobody' });
    expect(Title).toBe(
      'Invalid payout: idempotencyKey, amount, currency, sourceAccountId, description, metadata, destinationAccountId',
    );
    expect(Detail).toContain(`currency is "${'x'.repeat(64)}" and 936 more characters, expected`);
    expect(Detail).toMatch(/ Nothing was stored, and nothing was sent\.$/);
  });
});
