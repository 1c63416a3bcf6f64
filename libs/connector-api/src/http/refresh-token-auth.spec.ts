import { generateKeyPairSync } from 'node:crypto';
import { decodeJwt } from 'jose';
import { FakePsp, fakeRoute } from '../testing/index.js';
import { createRefreshTokenAuth, limitPerMinute, PspHttp, submitOrder, systemHttpClock } from './index.js';
import type { Json, RefreshTokenOptions } from './index.js';

const CLIENT = { id: 'client-1', secret: 'secret-0123' };
let closing: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing) await close();
  closing = [];
});

async function requestToken(
  options: Pick<RefreshTokenOptions, 'client' | 'format' | 'tokenLifetimeMs'>,
  token: object = { access_token: 'token-1', expires_in: 60 },
) {
  const fake = await FakePsp.start({
    routes: [
      fakeRoute('POST', '/token', () => ({ body: token })),
      fakeRoute('GET', '/thing', () => ({ body: {} })),
    ],
    createErrorBody: (status) => ({ message: String(status) }),
  });
  const authentication = createRefreshTokenAuth({ path: '/token', refreshToken: 'refresh-1', ...options });
  const http = new PspHttp({ name: 'Acme', baseUrl: fake.url, authentication });
  closing.push(
    () => http.onApplicationShutdown(),
    () => fake.close(),
  );
  await http.get('/thing');
  expect(fake.requests[1]?.headers['authorization']).toBe('Bearer token-1');
  const [request] = fake.requests;
  return { headers: request!.headers, body: request!.rawBody.toString() };
}

it('a client with a secret sends it in the header', async () => {
  const { headers, body } = await requestToken({ client: CLIENT });
  expect(headers['authorization']).toBe(`Basic ${Buffer.from('client-1:secret-0123').toString('base64')}`);
  expect(headers['content-type']).toContain('application/x-www-form-urlencoded');
  expect(body).toBe('grant_type=refresh_token&refresh_token=refresh-1');
});

it('the request can be JSON', async () => {
  const { headers, body } = await requestToken({ client: CLIENT, format: 'json' });
  expect(headers['content-type']).toContain('application/json');
  expect(JSON.parse(body)).toEqual({ grant_type: 'refresh_token', refresh_token: 'refresh-1' });
});

it('a client with a secret can send it in the body, and the PSP need not say a lifetime', async () => {
  const { headers, body } = await requestToken(
    { client: { ...CLIENT, isSentInBody: true }, format: 'json', tokenLifetimeMs: 60_000 },
    { access_token: 'token-1', expires_at: '2035-01-01T00:00:00Z' },
  );
  expect(headers['authorization']).toBeUndefined();
  expect(JSON.parse(body)).toEqual({
    ...{ grant_type: 'refresh_token', refresh_token: 'refresh-1' },
    ...{ client_id: 'client-1', client_secret: 'secret-0123' },
  });
});

it('an access token of the settings is used, and no other one is requested', async () => {
  const auth = createRefreshTokenAuth({
    path: '/token',
    refreshToken: '',
    accessToken: 'fixed-1',
    client: CLIENT,
  });
  const send = () => Promise.reject(new Error('a token was requested'));
  expect(await auth.createHeaders({ clock: systemHttpClock, send })).toEqual({
    authorization: 'Bearer fixed-1',
  });
});

it('a client with a private key sends an assertion', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const client = { id: 'client-1', privateKey: pem, issuer: 'example.com', audience: 'https://acme.example' };
  const { headers, body } = await requestToken({ client });
  expect(headers['authorization']).toBeUndefined();
  const form = new URLSearchParams(body);
  expect(form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
  expect(decodeJwt(form.get('client_assertion') ?? '')).toMatchObject({
    ...{ iss: 'example.com', sub: 'client-1', aud: 'https://acme.example' },
  });
});

it.each([
  [1, 1, 60_000],
  [6, 1, 10_000],
  [12, 1, 5_000],
  [60, 5, 5_000],
  [1000, 83, 5_000],
])('%i requests a minute are %i in %i ms', (perMinute, requests, intervalMs) => {
  expect(limitPerMinute(perMinute)).toEqual({ requests, intervalMs });
});

describe('submitOrder', () => {
  const order = { id: 'o-1', status: 'SUCCEEDED' } as const;

  async function submit(status: number, find: (body: Json) => Promise<typeof order | undefined>) {
    const fake = await FakePsp.start({
      routes: [fakeRoute('POST', '/pay', () => ({ status, body: { code: status } }))],
      createErrorBody: () => ({}),
    });
    const http = new PspHttp({ name: 'Acme', baseUrl: fake.url });
    closing.push(
      () => http.onApplicationShutdown(),
      () => fake.close(),
    );
    const send = () => http.post('/pay').then(() => order);
    return submitOrder({ send, isDuplicate: (body) => body.integer('code') === 409, find });
  }

  it('a duplicate is the order that the PSP has', async () => {
    expect(await submit(200, () => Promise.reject(new Error('is not called')))).toBe(order);
    expect(await submit(409, async () => order)).toBe(order);
    const find = async (body: Json) => (body.integer('code') === 409 ? order : undefined);
    expect(await submit(409, find)).toBe(order);
  });

  it('a duplicate that is not found has an unknown outcome, any other error is what it was', async () => {
    const unknown = { kind: 'unknown-outcome', message: expect.stringContaining('does not find it (yet)') };
    await expect(submit(409, async () => undefined)).rejects.toMatchObject(unknown);
    await expect(submit(409, () => Promise.reject(new Error('down')))).rejects.toMatchObject(unknown);
    await expect(submit(422, async () => order)).rejects.toMatchObject({ kind: 'rejected' });
  });
});
