/** Tests that a key gives access to its own connector only, that all other requests get the same response, and that no key is in a log. */
import { findPlugin } from '@tributary/psp-plugins';
import { findErrorViolations } from '../libs/conformance/src/rules/contract-rules.js';
import { sendRequest, type HttpRequestOptions } from './raw-request.js';
import { startGatewayWithPlugins, type TestConnector, type TestGateway } from './gateway-with-plugins.js';

const KEYS = {
  house: 'trb_' + '1a'.repeat(32),
  // A key need not have the form of generated keys.
  houseNext: 'Rotated-Key.With+Signs/And=More~0123456789',
  shop: 'trb_' + '2b'.repeat(32),
  acme: 'trb_' + '3c'.repeat(32),
  nobody: 'trb_' + '4d'.repeat(32),
  nobodyElse: 'A-Wrong-Key-Of-No-Known-Form-9876543210',
};

const sandbox = findPlugin('sandbox')!;
const settings = { transactions: 20, activityPerMinute: 0 };
const CONNECTORS: TestConnector[] = [
  { path: 'house', plugin: sandbox, settings, keys: [KEYS.house, KEYS.houseNext] },
  { path: 'shop', plugin: sandbox, settings, keys: [KEYS.shop] },
  { path: 'acme/house', plugin: sandbox, settings, keys: [KEYS.acme] },
];

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await startGatewayWithPlugins(CONNECTORS);
});
afterEach(() => gateway.close());

const bearer = (key: string): HttpRequestOptions => ({ headers: { authorization: `Bearer ${key}` } });
const get = (path: string, sent?: HttpRequestOptions) => sendRequest(gateway.url + path, sent);

const UNAUTHORIZED_REQUESTS: [string, string, HttpRequestOptions][] = [
  ['no key', '/house/accounts', {}],
  ['a wrong key', '/house/accounts', bearer(KEYS.nobody)],
  ['a wrong key of another form', '/house/accounts', bearer(KEYS.nobodyElse)],
  ['the key of another connector', '/house/accounts', bearer(KEYS.shop)],
  ['the key of another tenant', '/house/accounts', bearer(KEYS.acme)],
  ['the key of the default tenant', '/acme/house/accounts', bearer(KEYS.house)],
  ['a key in the query', `/house/accounts?apiKey=${KEYS.house}&access_token=${KEYS.house}`, {}],
  ['a key as Basic', '/house/accounts', { headers: { authorization: `Basic ${btoa(`${KEYS.house}:`)}` } }],
  ['a key without Bearer', '/house/accounts', { headers: { authorization: KEYS.house } }],
  ['a key in another header', '/house/accounts', { headers: { 'x-api-key': KEYS.house } }],
  ['a key and one sign more', '/house/accounts', bearer(`${KEYS.house}0`)],
  ['a key but its last sign', '/house/accounts', bearer(KEYS.house.slice(0, -1))],
  ['a key in capitals', '/house/accounts', bearer(KEYS.house.toUpperCase())],
  ['two keys at once', '/house/accounts', bearer(`${KEYS.shop}, ${KEYS.house}`)],
  ['an empty key', '/house/accounts', bearer('')],
  ['a connector that does not exist', '/cellar/accounts', bearer(KEYS.house)],
  ['a tenant that does not exist', '/nobody/house/accounts', bearer(KEYS.house)],
  ['another list', '/house/transactions', bearer(KEYS.shop)],
  ['balances', '/house/accounts/a/balances', bearer(KEYS.shop)],
  ['a payout', '/house/payouts', { ...bearer(KEYS.shop), method: 'POST', body: '{}' }],
  ['a payout that is no JSON', '/house/payouts', { ...bearer(KEYS.shop), method: 'POST', body: '{' }],
  ['a bad parameter', '/house/accounts?page=x', bearer(KEYS.shop)],
];

test('a request without the right key always gets the same 401', async () => {
  const replies = await Promise.all(UNAUTHORIZED_REQUESTS.map(([, path, sent]) => get(path, sent)));
  const [first] = replies;
  expect(findErrorViolations(first!)).toEqual([]);
  expect(first!.headers['www-authenticate']).toBe('Bearer');
  const told = replies.map(({ status, headers, body }, index) => {
    return {
      who: UNAUTHORIZED_REQUESTS[index]![0],
      status,
      headers: { ...headers, date: 'some time' },
      body,
    };
  });
  expect(told).toEqual(UNAUTHORIZED_REQUESTS.map(([who]) => ({ ...told[0], who, status: 401 })));
});

test('every key of a connector opens it, and in a query it changes nothing', async () => {
  for (const [path, key] of [
    ['/house/accounts', KEYS.house],
    ['/house/accounts', KEYS.houseNext],
    ['/shop/transactions', KEYS.shop],
    ['/acme/house/beneficiaries', KEYS.acme],
    [`/house/accounts?apiKey=${KEYS.nobody}`, KEYS.house],
  ] as const) {
    expect(await get(path, bearer(key))).toMatchObject({ status: 200, body: '[]' });
  }
});

test('a connector shows its own rows only', async () => {
  await gateway.syncEngine.runOnce('shop');
  const shop = JSON.parse((await get('/shop/accounts', bearer(KEYS.shop))).body) as { id: string }[];
  expect(shop.length).toBeGreaterThan(0);
  expect((await get('/house/accounts', bearer(KEYS.house))).body).toBe('[]');
  expect((await get('/acme/house/accounts', bearer(KEYS.acme))).body).toBe('[]');
  const balances = `accounts/${shop[0]!.id}/balances`;
  expect((await get(`/shop/${balances}`, bearer(KEYS.shop))).status).toBe(200);
});

test('no log line holds a key, or the digest of one', async () => {
  await gateway.syncEngine.runOnce();
  await Promise.all(UNAUTHORIZED_REQUESTS.map(([, path, sent]) => get(path, sent)));
  for (const key of Object.values(KEYS)) {
    await get(`/house/accounts?page=${encodeURIComponent(key)}`, bearer(KEYS.house));
    await get(`/house/accounts?key=${encodeURIComponent(key)}`, bearer(KEYS.nobody));
    await get('/house/payouts', { ...bearer(KEYS.house), method: 'POST', body: key });
  }
  for (const key of [KEYS.house, KEYS.houseNext, KEYS.nobody])
    await get(`/${encodeURIComponent(key)}/accounts`);
  const log = gateway.log.join('');
  expect(log).toContain('"status":401');
  const found = Object.entries(KEYS).filter(([, key]) => {
    const parts = [key, encodeURIComponent(key), btoa(`${key}:`), key.slice(4, 36)];
    return parts.some((part) => log.includes(part));
  });
  expect(found).toEqual([]);
});

test('too many attempts without a key are slowed down, without an effect on clients with a key', async () => {
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 100; attempt++) {
    statuses.push((await get('/house/accounts', bearer(KEYS.nobody))).status);
  }
  expect(new Set(statuses)).toEqual(new Set([401, 429]));
  const limited = await get('/house/accounts', bearer(KEYS.nobody));
  expect(limited.status).toBe(429);
  expect(findErrorViolations(limited)).toEqual([]);
  expect((await get('/house/accounts', bearer(KEYS.house))).status).toBe(200);
});

/** Prints the response times, and asserts nothing about them, because they depend on the machine. */
test('how long the answers to strangers take', async () => {
  const kinds = UNAUTHORIZED_REQUESTS.filter(([who]) =>
    ['no key', 'a wrong key', 'the key of another tenant', 'a connector that does not exist'].includes(who),
  );
  const times = new Map(kinds.map(([who]) => [who, [] as number[]]));
  // The number of rounds is so low that the rate limiter rejects no request.
  for (let round = 0; round < 14; round++) {
    for (const [who, path, sent] of kinds) {
      const { status, durationMs } = await get(path, sent);
      expect(status).toBe(401);
      times.get(who)!.push(durationMs);
    }
  }
  const lines = [...times].map(([who, all]) => `  ${who.padEnd(32)} median ${median(all).toFixed(2)} ms`);
  process.stdout.write(`time of a 401 (${14} each):\n${lines.join('\n')}\n`);
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
