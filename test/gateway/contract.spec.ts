import { encodeId, PspError } from '@tributary/connector-api';
import {
  createAccounts,
  expectError,
  startGateway,
  TestSettings,
  createTransactions,
  type TestGateway,
} from './test-gateway.js';

interface Row {
  id: string;
  updatedAt: string;
}

let gateway: TestGateway;
let key: string;
const settings = new TestSettings();

beforeAll(async () => {
  gateway = await startGateway({ connectors: [{ path: 'bank', settings }, { path: 'acme/bank' }] });
  key = gateway.key('bank');
  await gateway.appendRecords('bank', 'accounts', createAccounts('main', 'DE89 3704/0044', 'x'.repeat(1024)));
  for (let first = 0; first < 2500; first += 500) {
    await gateway.appendRecords('bank', 'transactions', createTransactions(500, first));
  }
});
afterAll(() => gateway.stop());

const get = (path: string) => gateway.get(path, key);
const rows = async (path: string) => {
  const response = await get(path);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json');
  return (await response.json()) as Row[];
};
const ids = async (path: string) => (await rows(path)).map(({ id }) => id);
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `tx-${from + index}`);

describe('a list', () => {
  it('has pages of 100 from 1 on, and nothing past the end', async () => {
    expect(await ids('/bank/transactions')).toEqual(numbered(0, 100));
    expect(await ids('/bank/transactions?page=0')).toEqual(numbered(0, 100));
    expect(await ids('/bank/transactions?page=1')).toEqual(numbered(0, 100));
    expect(await ids('/bank/transactions?page=2&pageSize=25')).toEqual(numbered(25, 50));
    expect(await ids('/bank/transactions?page=25')).toEqual(numbered(2400, 2500));
    expect(await ids('/bank/transactions?pageSize=10000')).toEqual(numbered(0, 2500));
    for (const page of ['26', '1000000', '99999999999', '9223372036854775807']) {
      expect(await ids(`/bank/transactions?page=${page}`)).toEqual([]);
      expect(await ids(`/bank/transactions?pageSize=10000&page=${page}`)).toEqual([]);
    }
  });

  it('is empty for a stream that has nothing', async () => {
    expect(await rows('/bank/beneficiaries')).toEqual([]);
    expect(await (await gateway.get('/acme/bank/accounts', gateway.key('acme/bank'))).text()).toBe('[]');
  });

  it('filters inclusively, in every zone and at full precision', async () => {
    const all = await rows('/bank/transactions?pageSize=3000');
    const { updatedAt } = all[1000]!;
    const from = async (time: string) =>
      (await ids(`/bank/transactions?pageSize=1&updatedAtFrom=${time}`))[0];
    expect(await from(updatedAt)).toBe('tx-1000');
    const inBerlin = new Date(Date.parse(updatedAt) + 7_200_000).toISOString().replace('Z', '+02:00');
    expect(await from(inBerlin)).toBe('tx-1000');
    expect(await from(encodeURIComponent(inBerlin))).toBe('tx-1000');
    const inNewYork = new Date(Date.parse(updatedAt) - 5 * 3_600_000).toISOString().replace('Z', '-05:00');
    expect(await from(inNewYork)).toBe('tx-1000');
    expect(await from(updatedAt.replace('Z', '000001Z'))).toBe('tx-1001');
    expect(await from(updatedAt.replace('Z', '000000Z'))).toBe('tx-1000');
    expect(await ids('/bank/transactions?updatedAtFrom=9999-01-01T00:00:00Z')).toEqual([]);
    expect(await ids('/bank/transactions?updatedAtFrom=0001-01-01T00:00:00Z')).toHaveLength(100);
  });

  it('answers a client as it asks, with parameters that it does not know', async () => {
    const path =
      '/bank/accounts?createdAtFrom=2020-01-01T00%3A00%3A00Z&page=1&pageSize=100&sort=createdAt%3Aasc';
    expect(await ids(path)).toEqual(['main', encodeId('DE89 3704/0044'), 'x'.repeat(1024)]);
    expect(await ids('/bank/transactions?sort=updatedAt:asc&pageSize=1&unknown=1')).toEqual(['tx-0']);
    // The value `createdAt:asc` is the example in the Generic Connector document, for every list.
    expect(await ids('/bank/transactions?sort=createdAt:asc&pageSize=1')).toEqual(['tx-0']);
    expect(await ids('/bank/transactions?sort=&pageSize=1')).toEqual(['tx-0']);
    expect(await ids('/bank/transactions?page=9223372036854775807')).toEqual([]);
    expect(await ids('/bank/transactions?page=00000000000000000000001&pageSize=1')).toEqual(['tx-0']);
  });

  it('is the same with a slash too many', async () => {
    expect(await ids('/bank/accounts/')).toHaveLength(3);
    expect(await ids('/bank//accounts')).toHaveLength(3);
  });

  it.each([
    ['page=x', 'page is "x", expected one whole number from 1 on'],
    ['page=-1', 'page is "-1"'],
    ['page=1e9', 'page is "1e9"'],
    ['page=1.5', 'page is "1.5"'],
    ['page=', 'page is ""'],
    ['page=%31%20', 'page is "1 "'],
    ['page=1&page=2', 'page is given 2 times'],
    ['page[]=1&page=%00', 'page is "\\u0000"'],
    ['pageSize=0', 'pageSize is "0", expected one whole number from 1 to 10000'],
    ['pageSize=10001', 'pageSize is "10001"'],
    ['pageSize=-5', 'pageSize is "-5"'],
    ['pageSize=all', 'pageSize is "all"'],
    ['sort=updatedAt:desc', 'sort is "updatedAt:desc", expected updatedAt:asc'],
    ['sort=createdAt:desc', 'sort is "createdAt:desc", expected updatedAt:asc'],
    ['sort=amount:asc', 'sort is "amount:asc", expected updatedAt:asc'],
    [
      'page=9223372036854775808',
      'page is "9223372036854775808", expected one whole number up to 9223372036854775807',
    ],
    [`page=${'9'.repeat(3000)}`, `page is "${'9'.repeat(64)}…"`],
    ['updatedAtFrom=yesterday', 'updatedAtFrom is "yesterday", expected one RFC 3339 time with a zone'],
    ['updatedAtFrom=2026-01-01T00:00:00', 'updatedAtFrom is "2026-01-01T00:00:00"'],
    ['updatedAtFrom=2026-02-30T00:00:00Z', 'updatedAtFrom is "2026-02-30T00:00:00Z"'],
    ['updatedAtFrom=1767225600', 'updatedAtFrom is "1767225600"'],
    [`updatedAtFrom=${'9'.repeat(4000)}`, `updatedAtFrom is "${'9'.repeat(64)}…"`],
    ['updatedAtFrom=%F0%9F%92%A9', 'updatedAtFrom is "💩"'],
    ['updatedAtFrom=%FF%FE', 'updatedAtFrom is'],
  ])('says what is wrong with a parameter: %#', async (query, detail) => {
    const { Title, Detail } = await expectError(await get(`/bank/transactions?${query}`), 422);
    expect(Title).toBe(`Invalid parameter ${query.split(/[=[]/)[0]}`);
    expect(Detail).toContain(detail);
  });

  it('never shows what was read from the cache instead of what is there now', async () => {
    await gateway.appendRecords('acme/bank', 'transactions', createTransactions(150));
    const read = async (page: number) => {
      const path = `/acme/bank/transactions?page=${page}&sort=updatedAt:asc`;
      const response = await gateway.get(path, gateway.key('acme/bank'));
      return ((await response.json()) as Row[]).length;
    };
    expect([await read(1), await read(1), await read(2), await read(2), await read(3)]).toEqual([
      100, 100, 50, 50, 0,
    ]);
    await gateway.appendRecords('acme/bank', 'transactions', createTransactions(75, 150));
    expect([await read(1), await read(2), await read(3)]).toEqual([100, 100, 25]);
    expect((await rows('/bank/transactions'))[0]!.id).toBe('tx-0');
  });

  it('ends after a page that was not full for a client that sends no sort, as v2 does, even if rows arrived meanwhile', async () => {
    const read = async (page: number, more = '') => {
      const path = `/acme/bank/accounts?pageSize=2&page=${page}${more}`;
      const response = await gateway.get(path, gateway.key('acme/bank'));
      return ((await response.json()) as Row[]).length;
    };
    await gateway.appendRecords('acme/bank', 'accounts', createAccounts('a', 'b', 'c'));
    expect([await read(1), await read(2)]).toEqual([2, 1]);
    await gateway.appendRecords('acme/bank', 'accounts', createAccounts('d', 'e', 'f'));
    expect([await read(3), await read(3, '&sort=createdAt:asc')]).toEqual([0, 2]);
  });
});

describe('the balances of an account', () => {
  it('are found by the id exactly as the list gives it', async () => {
    for (const { id } of await rows('/bank/accounts')) {
      const response = await get(`/bank/accounts/${id}/balances`);
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(await response.json()).toEqual({
        id: expect.any(String),
        accountID: id,
        at: '2026-03-01T00:00:00.000Z',
        balances: [{ amount: '1250', currency: 'EUR/2' }],
      });
    }
    expect(
      (await get(`/bank/accounts/${encodeId('DE89 3704/0044').replaceAll('~', '%7E')}/balances`)).status,
    ).toBe(200);
  });

  it.each(['nobody', 'DE89%203704%2F0044', '..%2F..', '%00', '~', '~zz', 'a'.repeat(2000), '%F0%9F%92%A9'])(
    'of an unknown account are not found: %#',
    async (id) => {
      await expectError(await get(`/bank/accounts/${id}/balances`), 404);
    },
  );

  it('come later when the PSP is down and none were ever seen', async () => {
    const failing = new TestSettings();
    failing.balances = () =>
      Promise.reject(new PspError('unavailable', 'https://psp.example/v1?secret=42 is down'));
    const other = await startGateway({ connectors: [{ path: 'bank', settings: failing }] });
    await other.appendRecords('bank', 'accounts', createAccounts('main'));
    const { Detail } = await expectError(
      await other.get('/bank/accounts/main/balances', other.key('bank')),
      503,
    );
    expect(Detail).not.toContain('psp.example');
    await other.stop();
  });
});

describe('an order', () => {
  const post = (path: string, body: string, type: string | null = 'application/json', own = key) =>
    fetch(gateway.url + path, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${own}`, ...(type === null ? {} : { 'content-type': type }) },
    });
  const order = JSON.stringify({
    idempotencyKey: 'k',
    amount: '100',
    currency: 'EUR/2',
    sourceAccountId: 'main',
    destinationAccountId: 'b',
  });

  it.each(['payouts', 'transfers'])('to make %s is refused for good, and says why', async (orders) => {
    const { Title, Detail } = await expectError(await post(`/bank/${orders}`, order), 422);
    expect(Title).toBe(`No ${orders}`);
    expect(Detail).toContain('Nothing was sent to the PSP');
    await expectError(await post(`/bank/${orders}`, order, 'application/json; charset=utf-8'), 422);
  });

  it.each([
    ['{', 'application/json', 400],
    ['', 'application/json', 400],
    ['{"a":1}}', 'application/json', 400],
    ['[]', 'application/json', 422],
    ['null', 'application/json', 422],
    ['"text"', 'application/json', 422],
    [order, 'text/plain', 415],
    [order, null, 415],
    [order, 'application/x-www-form-urlencoded', 415],
    [order, 'application/jsonp', 415],
    [JSON.stringify({ note: 'x'.repeat(300_000) }), 'application/json', 413],
  ])('that is no order: %#', async (body, type, status) => {
    await expectError(await post('/bank/payouts', body, type), status);
  });

  it('without a key is not even parsed', async () => {
    for (const [body, type] of [
      ['{', 'application/json'],
      ['x', 'text/plain'],
    ] as const) {
      await expectError(await post('/bank/payouts', body, type, 'wrong'), 401);
    }
  });
});
