/** Tests that requests to a PSP are recorded for a timeline, and that no secret and no full account number is recorded. */
import { FakePsp, fakeRoute } from '@tributary/connector-api/testing';
import type { FakeResponse } from '@tributary/connector-api/testing';
import { createBearerAuth, createOAuth, ExchangeRecorder, JsonNumber, PspHttp } from './index.js';
import type { HttpOptions, RecordedExchange } from './index.js';

const TOKEN = 'sk_live_0123456789abcdef';
const DEPLOYMENT_SECRET = 'webhook-secret-of-the-deployment';
const IBAN = 'DE89370400440532013000';
const CARD = '4111111111111111';
const redactDeployment = (text: string) => text.replaceAll(DEPLOYMENT_SECRET, '[redacted]');

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function start(answer: () => FakeResponse, options: Partial<HttpOptions> = {}) {
  const fake = await FakePsp.start({
    routes: [
      fakeRoute('POST', '/payouts/{id}', answer),
      fakeRoute('GET', '/payouts/{id}', answer),
      fakeRoute('POST', '/token', () => ({ body: { access_token: 'issued-token-1', expires_in: 2400 } })),
    ],
    basePath: '/api',
    createErrorBody: (status) => ({ message: `error ${status}` }),
  });
  const http = new PspHttp({
    name: 'Acme',
    baseUrl: fake.url,
    authentication: createBearerAuth(TOKEN),
    retries: { maxAttempts: 1 },
    ...options,
  });
  open.push({ close: async () => http.onApplicationShutdown() }, fake);
  return http;
}

async function record(
  call: () => Promise<unknown>,
  now = () => Date.UTC(2026, 0, 1),
): Promise<RecordedExchange[]> {
  const recorder = new ExchangeRecorder(now);
  await recorder.run(call).catch(() => undefined);
  return recorder.redactExchanges(redactDeployment);
}

it('records method, path, status, times, headers and exact bodies of a request', async () => {
  const http = await start(() => ({
    status: 201,
    headers: { 'x-request-id': 'req-7', 'set-cookie': 'session=abcdef' },
    body: { id: 'po_1', fee: new JsonNumber('0.10'), large: new JsonNumber('12345678901234567.89') },
  }));
  let time = Date.UTC(2026, 0, 1);
  const [exchange, ...others] = await record(
    () =>
      http.post('/payouts/{id}', {
        params: { id: 'a 1' },
        query: { expand: 'fee' },
        headers: { 'Idempotency-Key': 'key-1', 'X-Internal': 'not-shown' },
        body: { amount: new JsonNumber('10.10') },
      }),
    () => (time += 5),
  );
  expect(others).toEqual([]);
  expect(exchange).toEqual({
    ...{ at: Date.UTC(2026, 0, 1) + 5, durationMs: 5, method: 'POST', path: '/api/payouts/a 1?expand=fee' },
    requestHeaders: { 'content-type': 'application/json', 'idempotency-key': 'key-1' },
    requestBody: { bytes: 16, text: '{"amount":10.10}' },
    status: 201,
    responseHeaders: expect.objectContaining({ 'x-request-id': 'req-7' }),
    responseBody: {
      bytes: expect.any(Number),
      text: '{"id":"po_1","fee":0.10,"large":12345678901234567.89}',
    },
  });
  expect(JSON.stringify(exchange)).not.toMatch(/not-shown|set-cookie|authorization/);
});

it('records nothing outside of a recorded call', async () => {
  const http = await start(() => ({ body: {} }));
  const recorder = new ExchangeRecorder(() => 0);
  await recorder.run(async () => undefined);
  await http.get('/payouts/{id}', { params: { id: '1' } });
  expect(recorder.isEmpty).toBe(true);
});

it('does not mix the requests of calls that run at the same time', async () => {
  const http = await start(() => ({ body: {} }));
  const ids = ['1', '2', '3'];
  const recorded = await Promise.all(
    ids.map((id) => record(() => http.get('/payouts/{id}', { params: { id } }))),
  );
  expect(recorded.map((exchanges) => exchanges.map(({ path }) => path))).toEqual(
    ids.map((id) => [`/api/payouts/${id}`]),
  );
});

it.each<[string, FakeResponse]>([
  ['a property of the body', { body: { details: { echoed: `sent with ${TOKEN}` } } }],
  ['a property name', { body: { [TOKEN]: 1 } }],
  ['a secret of the deployment', { body: { note: DEPLOYMENT_SECRET } }],
  [
    'a property with a secret name',
    { body: { client_secret: 'any-other-secret', nested: { token: 'tok-any-other-secret' } } },
  ],
  ['an object with a secret name', { body: { credentials: { user: 'any-other-secret' } } }],
  ['a header', { headers: { 'x-request-id': `for ${TOKEN}` }, body: {} }],
  ['an error of the PSP', { status: 422, body: { message: `the key ${TOKEN} is wrong` } }],
])('removes a secret in %s', async (_, response) => {
  const http = await start(() => response);
  const exchanges = await record(() => http.post('/payouts/{id}', { params: { id: '1' }, body: {} }));
  expect(exchanges).toHaveLength(1);
  const text = JSON.stringify(exchanges);
  expect(text).toContain('[redacted]');
  expect(text).not.toMatch(new RegExp(`${TOKEN}|${DEPLOYMENT_SECRET}|any-other-secret`));
});

it('removes secrets of the request from the path, the query and the body', async () => {
  const http = await start(() => ({ body: {} }));
  const exchanges = await record(() =>
    http.post('/payouts/{id}', {
      params: { id: DEPLOYMENT_SECRET },
      query: { api_key: 'any-other-secret', note: TOKEN },
      body: { password: 'any-other-secret', text: `a ${TOKEN} b` },
    }),
  );
  expect(exchanges[0]?.path).toBe('/api/payouts/[redacted]?api_key=[redacted]&note=[redacted]');
  expect(exchanges[0]?.requestBody?.text).toBe('{"password":"[redacted]","text":"a [redacted] b"}');
});

it('masks account and card numbers, also where another string repeats them', async () => {
  const http = await start(() => ({
    status: 422,
    body: {
      message: `account 98765432 of ${IBAN} or DE89 3704 0044 0532 0130 00 is closed; card ${CARD}`,
      card: { number: CARD },
    },
  }));
  const [exchange] = await record(() =>
    http.post('/payouts/{id}', {
      params: { id: IBAN },
      query: { iban: IBAN },
      body: {
        creditor: { iban: IBAN, accountNumber: '98765432', account_no: new JsonNumber('1234567890') },
        cardNumber: CARD,
        reference: 'invoice 20260101-4711',
      },
    }),
  );
  expect(exchange?.path).toBe('/api/payouts/****3000?iban=****3000');
  expect(JSON.parse(exchange?.requestBody?.text ?? '')).toEqual({
    creditor: { iban: '****3000', accountNumber: '****5432', account_no: '****7890' },
    cardNumber: '****1111',
    reference: 'invoice 20260101-4711',
  });
  expect(JSON.parse(exchange?.responseBody?.text ?? '')).toEqual({
    message: 'account ****5432 of ****3000 or ****3000 is closed; card ****1111',
    card: { number: '****1111' },
  });
});

it('keeps ids, times and amounts that only resemble account numbers', async () => {
  const body = {
    id: 'tr_4111111111111112',
    createdAt: 1_764_380_000_000,
    date: '2026-01-01T00:00:00Z',
    amount: new JsonNumber('2000000000000'),
    uuid: '5f0e8d5c-2f6b-4b0a-8f0e-1c2d3e4f5a6b',
  };
  const http = await start(() => ({ body }));
  const [exchange] = await record(() => http.get('/payouts/{id}', { params: { id: '1' } }));
  expect(exchange?.responseBody?.text).toBe(JSON.stringify(body));
});

it('limits the size of bodies: a long one is cut, and of a very long one only the size is kept', async () => {
  const http = await start(() => ({ body: { list: 'x'.repeat(200_000) } }));
  const [exchange] = await record(() =>
    http.post('/payouts/{id}', { params: { id: '1' }, body: { text: 'y'.repeat(10_000) } }),
  );
  expect(exchange?.requestBody).toEqual({ bytes: 10_011, text: expect.any(String), isTruncated: true });
  expect(exchange?.requestBody?.text).toHaveLength(4_000);
  expect(exchange?.responseBody).toEqual({ bytes: 200_011 });
});

it('keeps the last ten requests of a call', async () => {
  const http = await start(() => ({ body: {} }));
  const exchanges = await record(async () => {
    for (let id = 1; id <= 12; id += 1) await http.get('/payouts/{id}', { params: { id: String(id) } });
  });
  expect(exchanges.map(({ path }) => path.split('/').at(-1))).toEqual([
    '3',
    '4',
    '5',
    '6',
    '7',
    '8',
    '9',
    '10',
    '11',
    '12',
  ]);
});

it('records a request without a response, and why there is none', async () => {
  const http = await start(() => ({ body: {} }));
  const closed = new PspHttp({ name: 'Acme', baseUrl: 'http://127.0.0.1:1', retries: { maxAttempts: 1 } });
  open.push({ close: async () => closed.onApplicationShutdown() });
  const [failed] = await record(() => closed.post('/payouts', { body: {} }));
  expect(failed).toMatchObject({ method: 'POST', failure: expect.stringContaining('no connection') });
  expect(failed?.status).toBeUndefined();
  const recorder = new ExchangeRecorder(() => 0);
  const running = recorder.run(() => http.get('/payouts/{id}', { params: { id: '1' } }));
  while (recorder.isEmpty) await new Promise(setImmediate);
  const [pending] = recorder.redactExchanges(redactDeployment);
  expect(pending?.durationMs).toBeUndefined();
  await running;
});

it('does not record the request of an access token', async () => {
  const http = await start(() => ({ body: { echoed: 'issued-token-1' } }), {
    authentication: createOAuth({
      createTokenRequest: () => ({
        method: 'POST',
        path: '/token',
        form: { grant_type: 'client_credentials', client_secret: 'any-other-secret' },
      }),
    }),
  });
  const exchanges = await record(() => http.get('/payouts/{id}', { params: { id: '1' } }));
  expect(exchanges.map(({ path }) => path)).toEqual(['/api/payouts/1']);
  expect(JSON.stringify(exchanges)).not.toContain('issued-token-1');
});
