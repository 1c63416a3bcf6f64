/** Checks every response of every endpoint with the official OpenAPI document, and with the stricter rules of this project's contract. */
import { connect as connectSocket } from 'node:net';
import { PspError, STREAMS, type PspClient, type PspErrorKind, type Stream } from '@tributary/connector-api';
import { findPlugin } from '@tributary/psp-plugins';
import {
  findBalanceViolations,
  findPageViolations,
  findErrorViolations,
} from '../libs/conformance/src/rules/contract-rules.js';
import { loadOfficialOpenApi } from './official-openapi.js';
import { sendRequest, type HttpReply, type HttpRequestOptions } from './raw-request.js';
import { createPlugin, startGatewayWithPlugins, type TestGateway } from './gateway-with-plugins.js';

const KEY = 'the-key-of-every-connector-here';
const ERROR_KINDS: PspErrorKind[] = [
  'rejected',
  'unauthorized',
  'rate-limited',
  'unavailable',
  'unknown-outcome',
];

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGatewayWithPlugins([
    {
      path: 'sandbox',
      plugin: findPlugin('sandbox')!,
      settings: {
        accounts: 120,
        beneficiaries: 130,
        transactions: 1500,
        oddIds: 0.3,
        poisonRows: 0.1,
        activityPerMinute: 0,
      },
      keys: [KEY],
    },
    ...ERROR_KINDS.map((kind) => ({ path: kind, plugin: createPlugin(createFailingPsp(kind)), keys: [KEY] })),
  ]);
  await gateway.syncEngine.runOnce();
}, 30_000);
afterAll(() => gateway.close());

const official = loadOfficialOpenApi();
const authorized = (sent: HttpRequestOptions = {}): HttpRequestOptions => ({
  ...sent,
  headers: { authorization: `Bearer ${KEY}`, ...sent.headers },
});
const send = (path: string, sent?: HttpRequestOptions) => sendRequest(gateway.url + path, authorized(sent));

function expectMatchesOfficial(method: string, template: string, { status, body }: HttpReply): void {
  expect(official?.findViolations(method, template, status, body) ?? []).toEqual([]);
}

test.each(STREAMS)('every page of %s, of every size', async (stream) => {
  for (const pageSize of [1, 7, 25, 100, 10_000]) {
    const ids = [];
    for (let page = 1; ; page++) {
      // With a page size of one row, only the first pages are read, because 1500 requests would find no more errors.
      if (pageSize === 1 && page > 20) break;
      const reply = await send(`/sandbox/${stream}?page=${page}&pageSize=${pageSize}`);
      expect(reply).toMatchObject({ status: 200, contentType: 'application/json' });
      expectMatchesOfficial('GET', `/${stream}`, reply);
      expect(findPageViolations(stream, reply.body)).toEqual([]);
      const rows = JSON.parse(reply.body) as { id: string }[];
      ids.push(...rows.map(({ id }) => id));
      if (rows.length === 0) break;
      if (pageSize > 1 && rows.length < pageSize)
        expect(await isPageEmpty(stream, page + 1, pageSize)).toBe(true);
    }
    if (pageSize > 1)
      expect(ids.length).toBeGreaterThanOrEqual(
        { accounts: 100, beneficiaries: 100, transactions: 1200 }[stream],
      );
  }
});

test('poison rows are in the quarantine with a reason, and not in a feed', async () => {
  const refused = await gateway.store.listQuarantine('sandbox');
  expect(refused.length).toBeGreaterThan(0);
  for (const { reason } of refused) expect(reason.length).toBeGreaterThan(10);
  const served = await listIds('transactions');
  expect(refused.filter(({ stream, id }) => stream === 'transactions' && served.has(id))).toEqual([]);
});

test('page 0 is page 1, defaults are those of the document, and far behind the end is nothing', async () => {
  const first = await send('/sandbox/transactions');
  expect((JSON.parse(first.body) as unknown[]).length).toBe(100);
  for (const query of [
    'page=0',
    'page=1&pageSize=100',
    'sort=updatedAt:asc',
    'unknown=1',
    'page=1&sort=updatedAt%3Aasc',
  ]) {
    expect(await send(`/sandbox/transactions?${query}`)).toMatchObject({ status: 200, body: first.body });
  }
  for (const query of ['page=1000000', 'page=9223372036854775807', 'updatedAtFrom=2999-01-01T00:00:00Z']) {
    expect(await send(`/sandbox/transactions?${query}`)).toMatchObject({ status: 200, body: '[]' });
  }
});

test('the filter is inclusive, at full precision, in any zone', async () => {
  const all = JSON.parse((await send('/sandbox/transactions?pageSize=10000')).body) as {
    updatedAt: string;
  }[];
  const at = all[700]!.updatedAt;
  const milliseconds = Date.parse(at);
  const elsewhere = `${new Date(milliseconds + 19_800_000).toISOString().slice(0, -1)}+05:30`;
  for (const from of [
    at,
    elsewhere,
    at.replace('Z', '+00:00'),
    at.replace('Z', '000Z'),
    at.replace('Z', '-00:00'),
  ]) {
    const reply = await send(
      `/sandbox/transactions?pageSize=10000&updatedAtFrom=${encodeURIComponent(from)}`,
    );
    expect(JSON.parse(reply.body)).toEqual(all.slice(700));
  }
  const after = at.replace('Z', '000001Z');
  const reply = await send(`/sandbox/transactions?pageSize=10000&updatedAtFrom=${after}`);
  expect(JSON.parse(reply.body)).toEqual(all.slice(701));
});

test('balances of every account', async () => {
  for (const id of await listIds('accounts')) {
    const reply = await send(`/sandbox/accounts/${id}/balances`);
    expect(reply).toMatchObject({ status: 200, contentType: 'application/json' });
    expectMatchesOfficial('GET', '/accounts/{accountId}/balances', reply);
    expect(findBalanceViolations(reply.body)).toEqual([]);
    expect((JSON.parse(reply.body) as { accountID: string }).accountID).toBe(id);
  }
});

const JSON_TYPE = { 'content-type': 'application/json' };
const ORDER = JSON.stringify({
  idempotencyKey: 'po-1',
  amount: '100',
  currency: 'EUR/2',
  sourceAccountId: 'a',
  destinationAccountId: 'b',
});
const post = (body: string, headers: Record<string, string> = JSON_TYPE): HttpRequestOptions => ({
  method: 'POST',
  headers,
  body,
});

test.each<[string, string, number, HttpRequestOptions]>([
  ['a payout that the plugin cannot make', '/sandbox/payouts', 422, post(ORDER)],
  ['a transfer that the plugin cannot make', '/sandbox/transfers', 422, post(ORDER)],
  ['half a JSON object', '/sandbox/payouts', 400, post('{"amount":')],
  ['no body', '/sandbox/payouts', 400, post('')],
  [
    'a body of another type',
    '/sandbox/payouts',
    415,
    post('<order/>', { 'content-type': 'application/xml' }),
  ],
  ['a body that is too long', '/sandbox/payouts', 413, post(`{"a":"${'x'.repeat(400_000)}"}`)],
  ['an account that does not exist', '/sandbox/accounts/nobody/balances', 404, {}],
  ['an account id that cannot be', '/sandbox/accounts/%00/balances', 404, {}],
  ['a resource that does not exist', '/sandbox/refunds', 404, {}],
  ['nothing at all', '/', 404, {}],
  ['a method that is not possible', '/sandbox/transactions', 405, { method: 'DELETE' }],
  ['a method that is not possible for orders', '/sandbox/payouts', 405, { method: 'GET' }],
  ['a page that is no number', '/sandbox/accounts?page=-1', 422, {}],
  ['a page size of nothing', '/sandbox/accounts?pageSize=0', 422, {}],
  ['a page size beyond reason', '/sandbox/accounts?pageSize=100000000', 422, {}],
  ['another order', '/sandbox/accounts?sort=createdAt:desc', 422, {}],
  ['a time without a zone', '/sandbox/transactions?updatedAtFrom=2025-01-01T00:00:00', 422, {}],
  ['a broken escape', '/sandbox/accounts/%E0%A4%A/balances', 400, {}],
  ['a wrong key', '/sandbox/accounts', 401, { headers: { authorization: 'Bearer wrong' } }],
])('%s is told as Title and Detail: %s', async (_, path, status, sent) => {
  const reply = await send(path, sent);
  expect({ status: reply.status, breaches: findErrorViolations(reply) }).toEqual({ status, breaches: [] });
  expectMatchesOfficial(sent.method ?? 'GET', path.replace(/^\/[^/]+/, '').replace(/\?.*/, ''), reply);
});

test.each(ERROR_KINDS)(
  'a PSP that is %s, and whose balance was never heard: none of its words',
  async (kind) => {
    const [account] = await listIds('accounts', kind);
    const reply = await send(`/${kind}/accounts/${account}/balances`);
    expectMatchesOfficial('GET', '/accounts/{accountId}/balances', reply);
    expect(reply.body).not.toContain('PSP-SECRET');
    // A permanent rejection has the status 200, because an error response would end every later run of Formance. After errors of other
    // kinds, Formance retries.
    if (kind === 'rejected')
      expect({ status: reply.status, breaches: findBalanceViolations(reply.body) }).toEqual({
        status: 200,
        breaches: [],
      });
    else
      expect({ status: reply.status, breaches: findErrorViolations(reply) }).toEqual({
        status: 503,
        breaches: [],
      });
  },
);

test.each([
  ['is no HTTP', 'NONSENSE\r\n\r\n', 400],
  [
    'has headers without an end',
    `GET /sandbox/accounts HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`,
    431,
  ],
  ['names no host', 'GET /sandbox/accounts HTTP/1.1\r\n\r\n', 400],
])('a request that %s', async (_, bytes, status) => {
  const answer = await sendRawBytes(bytes);
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  const contentType = /^content-type: (.*)$/im.exec(head)?.[1] ?? '';
  expect(findErrorViolations({ contentType, body })).toEqual([]);
});

async function isPageEmpty(stream: Stream, page: number, pageSize: number): Promise<boolean> {
  return (await send(`/sandbox/${stream}?page=${page}&pageSize=${pageSize}`)).body === '[]';
}

async function listIds(stream: Stream, connector = 'sandbox'): Promise<Set<string>> {
  const rows = JSON.parse((await send(`/${connector}/${stream}?pageSize=10000`)).body) as { id: string }[];
  return new Set(rows.map(({ id }) => id));
}

/** Creates a PSP that lists one account, and fails when its balance is requested. */
function createFailingPsp(kind: PspErrorKind): PspClient {
  return {
    async *accounts() {
      yield { items: [{ id: 'account-1', name: 'Main' }], cursor: 'end' };
    },
    async *transactions() {},
    balances: () => Promise.reject(new PspError(kind, 'PSP-SECRET', { retryAfterMs: 5000 })),
  };
}

function sendRawBytes(bytes: string): Promise<string> {
  const { hostname, port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connectSocket(Number(port), hostname, () => socket.end(bytes));
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}
