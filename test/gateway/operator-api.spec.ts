/**
 * Tests the operator API over HTTP: permissions, sessions and tenants. It also compares the responses with the OpenAPI document of the
 * operator API.
 */
import { generateApiKey, hashApiKey, type OperatorScope } from '@tributary/auth';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { OPERATOR_ENDPOINTS } from '../../apps/gateway/src/operator/endpoints/index.js';
import { createOperatorDocument } from '../../apps/gateway/src/operator/openapi-document.js';
import { readPackageVersion } from '../../apps/gateway/src/package-version.js';
import { createAccounts, createTransactions, startGateway, type TestGateway } from './test-gateway.js';

interface Document {
  paths: Record<string, Record<string, Operation>>;
}
interface Operation {
  'x-scope'?: OperatorScope;
  security?: unknown[];
  parameters?: { name: string; required: boolean }[];
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

const READ_KEY = generateApiKey();
const TENANT_KEY = generateApiKey();
const SETTING_SECRET = 'pw-of-the-psp-4711';

let gateway: TestGateway;
let document: Document;
const api = (path: string, init: RequestInit = {}, key: string | undefined = gateway.operatorKey) =>
  fetch(`${gateway.url}/operator/v1${path}`, {
    ...init,
    headers: { ...(key && { authorization: `Bearer ${key}` }), ...(init.headers as Record<string, string>) },
  });
const read = async <T>(path: string, key?: string): Promise<T> => {
  const response = await api(path, {}, key);
  expect({ path, status: response.status }).toEqual({ path, status: 200 });
  return (await response.json()) as T;
};
const logIn = (key: string, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}/operator/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ key }),
  });
const cookieOf = (response: Response) => response.headers.getSetCookie()[0]?.split(';')[0] ?? '';

beforeAll(async () => {
  const operatorKey = generateApiKey();
  gateway = await startGateway({
    connectors: [{ path: 'bank' }, { path: 'acme/bank' }],
    secrets: [SETTING_SECRET],
    operatorKey,
    deployment: {
      operatorKeys: [
        { hash: hashApiKey(operatorKey), name: 'alice', scopes: ['read', 'operate'] },
        { hash: hashApiKey(READ_KEY), name: 'dashboard', scopes: ['read'] },
        { hash: hashApiKey(TENANT_KEY), name: 'acme staff', scopes: ['read', 'operate'], tenant: 'acme' },
      ],
    },
  });
  for (const path of ['bank', 'acme/bank']) {
    await gateway.appendRecords(path, 'accounts', createAccounts(`${path.replace('/', '-')}-main`));
    await gateway.appendRecords(path, 'transactions', createTransactions(3));
    const accountId = `${path.replace('/', '-')}-main`;
    for (const at of [0, DAY_MS])
      await gateway.gateway.store
        .balances(path)
        .recordObservation({ accountId, at, amounts: new Map([['EUR/2', BigInt(at)]]) });
  }
  document = await read<Document>('/openapi.json');
});
afterAll(() => gateway.stop());

const DAY_MS = 86_400_000;

/** Example values of the parameters, for the endpoints that need parameters. */
const EXAMPLES: Readonly<Record<string, string>> = {
  '/connector': '?connector=bank',
  '/runs': '?connector=bank',
  '/records': '?connector=bank&stream=transactions&limit=2',
  '/record': '?connector=bank&stream=transactions&id=tx-1',
  '/completeness': '?connector=bank',
  '/balance-history': '?connector=bank&account=bank-main',
};
/** The endpoints that are not called, because their example needs data that this spec does not create. */
const NOT_CALLED = new Set([
  '/events',
  '/quarantine/entry',
  '/order',
  '/reconciliation/runs',
  '/reconciliation/breaks',
  '/reconciliation/break',
]);

it('answers as its OpenAPI document says, and shows no secret', async () => {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  const called: string[] = [];
  for (const [path, methods] of Object.entries(document.paths)) {
    const schema = methods['get']?.responses['200']?.content?.['application/json']?.schema;
    if (!schema || NOT_CALLED.has(path)) continue;
    const response = await api(path + (EXAMPLES[path] ?? ''));
    const text = await response.text();
    const validate = ajv.compile(schema);
    validate(JSON.parse(text));
    expect({ path, status: response.status, errors: validate.errors }).toEqual({
      path,
      status: 200,
      errors: null,
    });
    for (const secret of [gateway.operatorKey, READ_KEY, gateway.key('bank'), SETTING_SECRET])
      expect(text).not.toContain(secret);
    called.push(path);
  }
  expect(called).toEqual(
    expect.arrayContaining(['/overview', '/connectors', '/records', '/clients', '/audit']),
  );
});

it('is documented by the committed file; otherwise: node bin/tributary.js schema --operator-api > schema/operator-api.openapi.json', () => {
  const committed = readFileSync('schema/operator-api.openapi.json', 'utf8');
  expect(createOperatorDocument(OPERATOR_ENDPOINTS, readPackageVersion())).toEqual(JSON.parse(committed));
  const page = readFileSync('docs/reference/operator-api.md', 'utf8');
  for (const { method, path } of OPERATOR_ENDPOINTS) expect(page).toContain(`${method} /${path.slice(1)}`);
});

it('needs a key for every endpoint but the log-in', async () => {
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(methods)) {
      if (operation.security !== undefined) continue;
      const response = await fetch(`${gateway.url}/operator/v1${path}`, { method: method.toUpperCase() });
      expect({ method, path, status: response.status }).toEqual({ method, path, status: 401 });
    }
  const ofConnector = await api('/overview', {}, gateway.key('bank'));
  expect(ofConnector.status).toBe(401);
});

it('lets a key without the scope operate change nothing', async () => {
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(methods)) {
      if (operation['x-scope'] !== 'operate') continue;
      const response = await api(path, { method: method.toUpperCase() }, READ_KEY);
      expect({ path, status: response.status }).toEqual({ path, status: 403 });
    }
});

it('rejects parameters and bodies that no schema describes', async () => {
  for (const { method, path, body } of OPERATOR_ENDPOINTS) {
    const { status } = await api(`${path}?unknown=1`, { method });
    expect({ method, path, status }).toEqual({ method, path, status: 422 });
    if (body)
      expect({ path, status: (await post(path, { unknown: 1 })).status }).toEqual({ path, status: 422 });
  }
});

it('rejects an account id with a character that no database can search', async () => {
  expect((await api('/balance-history?connector=bank&account=%00')).status).toBe(422);
});

it('shows a tenant its own connectors only', async () => {
  for (const path of ['/overview', '/connectors', '/clients']) {
    const { items } = await read<{ items: { connector: string }[] }>(path, TENANT_KEY);
    expect(items.map(({ connector }) => connector)).toEqual(['acme/bank']);
  }
  for (const path of Object.keys(EXAMPLES)) {
    const response = await api(path + EXAMPLES[path], {}, TENANT_KEY);
    expect({ path, status: response.status }).toEqual({ path, status: 404 });
  }
  expect(
    (await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${TENANT_KEY}` } })).status,
  ).toBe(401);
});

it('lists connectors in pages, sorted by path', async () => {
  for (const path of ['/overview', '/connectors', '/clients']) {
    type ConnectorPage = { items: { connector: string }[]; next: string | null };
    const first = await read<ConnectorPage>(`${path}?limit=1`);
    const second = await read<ConnectorPage>(`${path}?limit=1&after=${first.next}`);
    expect([first, second]).toMatchObject([
      { items: [{ connector: 'acme/bank' }], next: expect.any(String) },
      { items: [{ connector: 'bank' }], next: null },
    ]);
  }
});

const post = (path: string, body: object, key?: string, headers: Record<string, string> = {}) =>
  api(
    path,
    {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    },
    key,
  );

it('pauses, resumes, pulls and reads again, and says who did it in the audit log', async () => {
  const bank = { connector: 'acme/bank', streams: ['transactions'] };
  for (const path of ['/streams/pause', '/streams/resume', '/streams/pull'])
    expect((await (await post(path, bank, TENANT_KEY)).json()) as object).toEqual({
      streams: ['transactions'],
    });
  const reread = await post('/streams/reread', { ...bank, from: '2026-01-31' });
  expect((await reread.json()) as object).toEqual({ streams: [{ stream: 'transactions' }] });
  const { items } = await read<{ items: { by: string; action: string }[] }>('/audit');
  expect(items.map(({ by, action }) => `${by}: ${action}`)).toEqual([
    'alice: stream.reread-requested',
    'acme staff: stream.pull-requested',
    'acme staff: stream.resumed',
    'acme staff: stream.paused',
  ]);
  const ofTenant = await read<{ items: object[] }>('/audit?limit=1', TENANT_KEY);
  expect(ofTenant).toMatchObject({ items: [{ connector: 'acme/bank' }], next: expect.any(String) });
});

it('changes nothing of another tenant, and nothing that is not there', async () => {
  const { items: before } = await read<{ items: object[] }>('/audit');
  const entry = { stream: 'accounts', kind: 'rejected-record', id: 'x', note: 'seen' };
  const order = { id: 'x', as: 'failed', note: 'seen' };
  for (const [path, body] of [
    ['/streams/pause', {}],
    ['/streams/resume', {}],
    ['/streams/pull', {}],
    ['/streams/reread', { from: '2026-01-31' }],
    ['/quarantine/retry', {}],
    ['/quarantine/dismiss', entry],
    ['/orders/resolve', order],
    ['/orders/propose', order],
    ['/orders/approve', { id: 'x', proposal: 'p' }],
    ['/orders/reject', { id: 'x', proposal: 'p', note: 'seen' }],
  ] as const)
    expect({ path, status: (await post(path, { connector: 'bank', ...body }, TENANT_KEY)).status }).toEqual({
      path,
      status: 404,
    });
  for (const [path, body] of [
    ['/quarantine/retry', {}],
    ['/quarantine/dismiss', entry],
    ['/orders/resolve', order],
    ['/orders/propose', order],
    ['/orders/approve', { id: 'x', proposal: 'p' }],
    ['/orders/reject', { id: 'x', proposal: 'p', note: 'seen' }],
  ] as const)
    expect({ path, status: (await post(path, { connector: 'bank', ...body })).status }).toEqual({
      path,
      status: 404,
    });
  expect((await read<{ items: object[] }>('/audit')).items).toEqual(before);
});

it('dismisses a rejected record with a note', async () => {
  const rejected = [{ id: '<img src=x onerror=alert(1)>', reason: 'no amount', raw: '{"a":"<b>"}' }];
  await gateway.appendPage('bank', 'transactions', { rejected });
  const { items } = await read<{ items: { id: string; kind: string; stream: string }[] }>('/quarantine');
  expect(items).toMatchObject([{ id: rejected[0]?.id, kind: 'rejected-record' }]);
  const find = (id: string) => read(`/quarantine?${new URLSearchParams({ id }).toString()}`);
  expect(await find(rejected[0]?.id ?? '')).toMatchObject({ items });
  expect(await find('another')).toEqual({ items: [], next: null });
  const query = new URLSearchParams({
    connector: 'bank',
    stream: 'transactions',
    kind: 'rejected-record',
    id: rejected[0]?.id ?? '',
  });
  expect(await read(`/quarantine/entry?${query.toString()}`)).toMatchObject({ raw: '{"a":"<b>"}' });
  expect((await post('/quarantine/dismiss', { ...Object.fromEntries(query), note: 'a test' })).status).toBe(
    204,
  );
  expect(await read('/quarantine')).toEqual({ items: [], next: null });
});

it('lets a session write only with its CSRF token', async () => {
  const response = await logIn(gateway.operatorKey);
  const { csrfToken } = (await response.json()) as { csrfToken: string };
  const cookie = cookieOf(response);
  const body = { connector: 'bank' };
  expect((await post('/streams/pull', body, '', { cookie })).status).toBe(403);
  expect((await post('/streams/pull', body, '', { cookie, 'x-csrf-token': 'x' })).status).toBe(403);
  expect((await post('/streams/pull', body, '', { cookie, 'x-csrf-token': csrfToken })).status).toBe(200);
});

it('reads a feed in pages, and finds records by amount, id and text', async () => {
  const search = (query: string) =>
    read<{ items: { id: string }[]; next: string | null }>(
      `/records?connector=bank&stream=transactions&${query}`,
    );
  const first = await search('limit=2');
  expect(first.items.map(({ id }) => id)).toEqual(['tx-2', 'tx-1']);
  const second = await search(`limit=2&after=${first.next}`);
  expect(second).toMatchObject({ items: [{ id: 'tx-0' }], next: null });
  for (const query of ['amount=1', 'id=tx-1', 'text=nr.%201', 'amount=1&status=SUCCEEDED'])
    expect((await search(query)).items.map(({ id }) => id)).toEqual(['tx-1']);
  expect((await search('amount=1&status=FAILED')).items).toEqual([]);
});

it('rejects parameters that it does not know, with their name and without their value', async () => {
  for (const [path, word] of [
    ['/overview?limit=1000', 'limit'],
    ['/overview?limit=0', 'limit'],
    ['/overview?colour=red', 'colour'],
    ['/overview?after=broken', 'after'],
    ['/records?connector=bank', 'stream'],
    ['/records?connector=bank&stream=transactions&from=yesterday', 'from'],
  ] as const) {
    const response = await api(path);
    expect({ path, status: response.status }).toEqual({ path, status: 422 });
    expect((await response.json()) as object).toMatchObject({ Detail: expect.stringContaining(word) });
  }
});

describe('a session', () => {
  it('is a cookie that scripts of a page cannot read, and that ends with the log-out', async () => {
    const response = await logIn(READ_KEY);
    expect(response.status).toBe(200);
    const { csrfToken } = (await response.json()) as { csrfToken: string };
    const [setCookie = ''] = response.headers.getSetCookie();
    expect(setCookie).toMatch(
      /^tributary_session=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    );
    const cookie = cookieOf(response);
    const session = await api('/session', { headers: { cookie } }, '');
    expect((await session.json()) as object).toMatchObject({
      operator: 'dashboard',
      scopes: ['read'],
      csrfToken,
    });
    const withoutToken = await api('/session', { method: 'DELETE', headers: { cookie } }, '');
    expect(withoutToken.status).toBe(403);
    const logOut = await api(
      '/session',
      { method: 'DELETE', headers: { cookie, 'x-csrf-token': csrfToken } },
      '',
    );
    expect(logOut.status).toBe(204);
    const rejected = await api('/overview', { headers: { cookie } }, '');
    expect(rejected.status).toBe(401);
    // A browser that keeps the cookie would count as a failed attempt with each request.
    expect(rejected.headers.getSetCookie()).toEqual([
      'tributary_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict',
    ]);
    const withoutCookie = await api('/overview', {}, '');
    expect(withoutCookie.headers.getSetCookie()).toEqual([]);
  });

  it('needs HTTPS behind a proxy', async () => {
    const [setCookie = ''] = (
      await logIn(READ_KEY, { 'x-forwarded-for': '203.0.113.7' })
    ).headers.getSetCookie();
    expect(setCookie).toMatch(/^__Host-tributary_session=.*; Secure$/);
  });

  it('never continues one that the browser brought along', async () => {
    const planted = cookieOf(await logIn(READ_KEY));
    const own = cookieOf(await logIn(gateway.operatorKey, { cookie: planted }));
    expect(own).not.toBe(planted);
    expect((await api('/session', { headers: { cookie: planted } }, '')).status).toBe(401);
    const invented = `tributary_session=${'a'.repeat(43)}`;
    expect(cookieOf(await logIn(READ_KEY, { cookie: invented }))).not.toBe(invented);
    expect((await api('/session', { headers: { cookie: invented } }, '')).status).toBe(401);
  });

  it('takes no CSRF token of another session', async () => {
    const other = (await (await logIn(READ_KEY)).json()) as { csrfToken: string };
    const cookie = cookieOf(await logIn(READ_KEY));
    const headers = { cookie, 'x-csrf-token': other.csrfToken };
    expect((await api('/session', { method: 'DELETE', headers }, '')).status).toBe(403);
  });

  it('is not given to a form of another site, which cannot send JSON', async () => {
    const response = await fetch(`${gateway.url}/operator/v1/session`, {
      method: 'POST',
      body: new URLSearchParams({ key: READ_KEY }),
    });
    expect(response.status).toBe(415);
  });
});

it('limits log-ins with wrong keys, and still lets valid keys in', async () => {
  const statuses = new Set<number>();
  for (let attempt = 0; attempt < 30; attempt++) statuses.add((await logIn(generateApiKey())).status);
  expect(statuses).toEqual(new Set([401, 429]));
  expect((await logIn(READ_KEY)).status).toBe(200);
});

it('retries all rejected records of a stream, however many are newer than the oldest', async () => {
  const reject = (ids: readonly string[]) =>
    gateway.appendPage('acme/bank', 'transactions', {
      rejected: ids.map((id) => ({ id, reason: 'no amount' })),
    });
  await reject(['oldest']);
  await setTimeout(5);
  await reject(Array.from({ length: 1000 }, (_, index) => `newer-${index}`));
  const streams = [expect.objectContaining({ stream: 'transactions' })];
  const retry = async (body: object) => {
    const response = await post('/quarantine/retry', { connector: 'acme/bank', ...body });
    return { status: response.status, ...((await response.json()) as object) };
  };
  expect(await retry({ id: 'oldest' })).toMatchObject({ status: 200, records: 1, streams });
  expect(await retry({ id: 'oldest', stream: 'accounts' })).toMatchObject({ status: 404 });
  expect(await retry({ stream: 'transactions' })).toMatchObject({ status: 200, records: 1001, streams });
  const { items } = await read<{ items: { action: string; details: { from: string } }[] }>('/audit?limit=2');
  expect(new Set(items.map(({ action, details }) => `${action} ${details.from}`)).size).toBe(1);
});
