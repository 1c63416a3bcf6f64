import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { FakePsp, fakeRoute } from '@tributary/connector-api/testing';
import type { FakeResponse, FakeRequest, Fault } from '@tributary/connector-api/testing';
import { PspError } from '../errors.js';
import { PspResponseError, createBearerAuth, JsonNumber, createOAuth, PspHttp } from './index.js';
import type { HttpClock, HttpOptions } from './index.js';

const TOKEN = 'sk_live_0123456789abcdef';

/** A clock whose time passes only during `sleep`. */
class ManualClock implements HttpClock {
  time = Date.UTC(2026, 0, 1);
  readonly waits: number[] = [];

  now(): number {
    return this.time;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.waits.push(milliseconds);
    this.time += milliseconds;
  }
}

describe('PspHttp', () => {
  const open: { close(): Promise<void> }[] = [];
  let clock: ManualClock;
  beforeEach(() => {
    clock = new ManualClock();
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  async function start(answer: (request: FakeRequest) => FakeResponse, options: Partial<HttpOptions> = {}) {
    const methods = ['GET', 'POST'].map((method) => fakeRoute(method, '/things/{id}', answer));
    const token = fakeRoute('POST', '/token', ({ body }) => ({
      body: { access_token: `token-${++tokens}`, expires_in: 2400, body },
    }));
    let tokens = 0;
    const fake = await FakePsp.start({
      routes: [...methods, token],
      basePath: '/api',
      createErrorBody: (status) => ({ message: `error ${status}` }),
    });
    const http = new PspHttp({
      name: 'Acme',
      baseUrl: fake.url,
      authentication: createBearerAuth(TOKEN),
      extractErrorMessage: (body) => body.optionalString('message'),
      clock,
      ...options,
    });
    open.push({ close: async () => http.onApplicationShutdown() }, fake);
    return { fake, http };
  }

  const thing = { path: '/things/{id}', params: { id: 'a/b ü' } };
  const get = (http: PspHttp) => http.get(thing.path, thing);
  const pay = (http: PspHttp) =>
    http.post(thing.path, { ...thing, body: { amount: new JsonNumber('10.10') } });

  async function errorOf(work: Promise<unknown>): Promise<PspError> {
    const error: unknown = await work.then(
      () => new Error('it succeeded'),
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(PspError);
    return error as PspError;
  }

  it('sends path, query, headers and exact numbers as they are', async () => {
    const { http, fake } = await start(() => ({ body: { balance: new JsonNumber('12345678901234567.89') } }));
    const query = { from: '2026-01-01T00:00:00+02:00', state: ['a', 'b'], none: undefined, count: 3 };
    const answer = await http.get(thing.path, { ...thing, query, headers: { 'X-Version': '7' } });
    await pay(http);
    expect(answer.decimal('balance')).toBe('12345678901234567.89');
    const [first, second] = fake.requests;
    expect(first?.params).toEqual({ id: 'a/b ü' });
    expect([...first!.query]).toEqual([
      ['from', '2026-01-01T00:00:00+02:00'],
      ['state', 'a'],
      ['state', 'b'],
      ['count', '3'],
    ]);
    expect(first?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, 'x-version': '7' });
    expect(second?.rawBody.toString()).toBe('{"amount":10.10}');
  });

  it.each<[Fault, string, string]>([
    [{ status: 401 }, 'unauthorized', 'unauthorized'],
    [{ status: 403 }, 'unauthorized', 'unauthorized'],
    [{ status: 404 }, 'rejected', 'rejected'],
    [{ status: 422 }, 'rejected', 'rejected'],
    [{ status: 409 }, 'rejected', 'unknown-outcome'],
    [{ status: 408 }, 'unavailable', 'unknown-outcome'],
    [{ status: 429 }, 'rate-limited', 'rate-limited'],
    [{ status: 500 }, 'unavailable', 'unknown-outcome'],
    [{ status: 503 }, 'unavailable', 'unknown-outcome'],
    [{ status: 302 }, 'unavailable', 'unknown-outcome'],
    ['reset', 'unavailable', 'unknown-outcome'],
    ['answer-lost', 'unavailable', 'unknown-outcome'],
    ['truncated', 'unavailable', 'unknown-outcome'],
    ['broken-json', 'unavailable', 'unknown-outcome'],
    ['html', 'unavailable', 'unknown-outcome'],
    [{ response: { status: 200 } }, 'unavailable', 'unknown-outcome'],
    [{ delayMs: 400 }, 'unavailable', 'unknown-outcome'],
  ])('%j: reading is %s, paying is %s', async (fault, reading, paying) => {
    const { http, fake } = await start(() => ({ body: { id: 'x'.repeat(1000) } }), { timeoutMs: 200 });
    fake.injectFault({ fault, times: Infinity });
    const read = await errorOf(get(http));
    const asked = fake.requests.length;
    const paid = await errorOf(pay(http));
    expect([read.kind, paid.kind]).toEqual([reading, paying]);
    expect(read.message).toMatch(/^Acme: GET \/things\/a%2Fb%20%C3%BC: /);
    // With every kind of fault, the fake PSP received the payment exactly once.
    expect(fake.requests.length - asked).toBe(1);
    for (const error of [read, paid]) {
      expect(inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)).not.toContain(TOKEN);
      expect(error.cause).toBeUndefined();
    }
  });

  it.each([
    ['HTML', 'text/html', '<!DOCTYPE html><title>Attention Required! | Cloudflare</title>'],
    [
      'JSON',
      'application/json',
      '{"title":"Error 1020: Access denied","status":403,"cloudflare_error":true}',
    ],
  ])(
    'takes 403 with %s of a firewall in front of the PSP for a PSP that is unavailable',
    async (_, type, body) => {
      const { http, fake } = await start(() => ({ body: { id: 'x' } }));
      const fault = { response: { status: 403, headers: { 'content-type': type }, rawBody: body } };
      fake.injectFault({ fault, times: 1 });
      expect((await get(http)).string('id')).toBe('x');
      fake.injectFault({ fault, times: Infinity });
      expect((await errorOf(get(http))).kind).toBe('unavailable');
      expect((await errorOf(pay(http))).kind).toBe('unknown-outcome');
    },
  );

  it('reads a response with a byte that is not UTF-8', async () => {
    const { http, fake } = await start(() => ({}));
    const rawBody = Buffer.from('{"description":"Caf\xe9","amount":"1.00"}', 'latin1');
    fake.injectFault({ fault: { response: { status: 200, rawBody } } });
    const json = await get(http);
    expect([json.string('description'), json.decimal('amount')]).toEqual(['Caf\ufffd', '1.00']);
  });

  it('cancels a request, and sends none later, when its signal is aborted', async () => {
    const { http, fake } = await start(() => ({ body: { id: 'x' } }));
    const listing = new AbortController();
    fake.injectFault({ fault: { delayMs: 5_000 }, times: Infinity });
    const read = errorOf(http.get(thing.path, { ...thing, signal: listing.signal }));
    while (fake.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    listing.abort();
    expect(await read).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('the request was cancelled'),
    });
    const late = await errorOf(http.get(thing.path, { ...thing, signal: listing.signal }));
    expect(late.message).toContain('the request was cancelled');
    expect(fake.requests).toHaveLength(1);
  });

  it('does not take a response 400 in HTML for a decision of the PSP about a payment', async () => {
    const { http, fake } = await start(() => ({}));
    fake.injectFault({
      fault: { response: { status: 400, headers: { 'content-type': 'text/html' }, body: '<html>' } },
    });
    expect((await errorOf(pay(http))).kind).toBe('rejected');
    const portal = createServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<html>'));
    });
    portal.listen(0, '127.0.0.1');
    await new Promise((done) => portal.once('listening', done));
    open.push({ close: async () => void portal.close() });
    const { port } = portal.address() as AddressInfo;
    const behind = new PspHttp({ name: 'Acme', baseUrl: `http://127.0.0.1:${port}` });
    expect((await errorOf(pay(behind))).kind).toBe('unknown-outcome');
    expect(await errorOf(behind.find('/x'))).toMatchObject({ kind: 'rejected' });
  });

  it.each(['127.0.0.1', 'localhost', 'acme.invalid'])('knows that nothing reached %s', async (host) => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => closed.once('listening', done));
    const { port } = closed.address() as AddressInfo;
    await new Promise((done) => closed.close(done));
    const scheme = host === 'acme.invalid' ? 'https' : 'http';
    const http = new PspHttp({ name: 'Acme', baseUrl: `${scheme}://${host}:${port}`, clock });
    const error = await errorOf(pay(http));
    expect(error.kind).toBe('unavailable');
    expect(error.message).toMatch(/not sent: no connection \((ECONNREFUSED|ENOTFOUND|EAI_AGAIN)\)$/);
  });

  it('repeats a reading, waits longer each time, and gives up after three attempts', async () => {
    const { http, fake } = await start(() => ({ body: { id: 1 } }));
    fake.injectFault({ fault: 'reset' });
    fake.injectFault({ fault: { status: 503 }, nth: 2 });
    expect((await get(http)).integer('id')).toBe(1);
    expect(clock.waits).toEqual([250, 1000]);
    fake.injectFault({ fault: { status: 500 }, times: 3 });
    expect((await errorOf(get(http))).message).toContain('error 500');
    expect(fake.requests).toHaveLength(6);
  });

  it('waits as long as Retry-After says, in seconds or as a date, and hands a long one on', async () => {
    const { http, fake } = await start(() => ({ body: {} }));
    fake.injectFault({ fault: { status: 429, retryAfter: '2' } });
    fake.injectFault({ fault: { status: 429, retryAfter: 'Thu, 01 Jan 2026 00:00:05 GMT' }, nth: 2 });
    await get(http);
    expect(clock.waits).toEqual([2000, 3000]);
    fake.injectFault({ fault: { status: 429, retryAfter: '120' } });
    expect(await errorOf(get(http))).toMatchObject({
      kind: 'rate-limited',
      details: { retryAfterMs: 120_000, status: 429 },
    });
    fake.injectFault({ fault: { status: 429, retryAfter: '7' } });
    expect(await errorOf(pay(http))).toMatchObject({ kind: 'rate-limited', details: { retryAfterMs: 7000 } });
  });

  it('finds nothing where the PSP says 404, and fails where it is not the PSP that says so', async () => {
    const { http, fake } = await start(() => ({ body: { id: 1 } }));
    fake.injectFault({ fault: { status: 404 } });
    expect(await http.find(thing.path, thing)).toBeUndefined();
    fake.injectFault({ fault: { response: { status: 404 } } });
    expect(await errorOf(http.find(thing.path, thing))).toMatchObject({ kind: 'rejected' });
    expect((await http.find(thing.path, thing))?.integer('id')).toBe(1);
  });

  it('gives the PSP’s error body to the plugin, and its words to people, both without secrets', async () => {
    const { http, fake } = await start(() => ({}), { secrets: [undefined, 'refresh-secret'] });
    const body = { code: 3020, message: `Duplicate\nrequest ${TOKEN} refresh-secret` };
    fake.injectFault({ fault: { status: 400, body } });
    const error = await errorOf(pay(http));
    expect(error).toBeInstanceOf(PspResponseError);
    expect((error as PspResponseError).body.integer('code')).toBe(3020);
    expect(error.message).toBe(
      'Acme: POST /things/a%2Fb%20%C3%BC: answered 400: Duplicate request [redacted] [redacted]',
    );
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(TOKEN);
  });

  it('never sends an order over a connection that the PSP may be closing', async () => {
    const ok = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}';
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write(ok);
        socket.once('data', () => socket.resetAndDestroy());
      });
    });
    server.listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    const { port } = server.address() as AddressInfo;
    const http = new PspHttp({ name: 'Acme', baseUrl: `http://127.0.0.1:${port}`, clock });
    open.push(
      { close: async () => http.onApplicationShutdown() },
      { close: async () => void server.close() },
    );
    await http.get('/');
    await http.post('/');
    // This GET request uses the kept connection. The connection fails, so the request is repeated.
    await http.get('/');
    expect(clock.waits).toEqual([250]);
  });

  it('keeps to the rate limit in every span, first come, first served', async () => {
    const { http } = await start(() => ({ body: {} }), { rateLimit: { requests: 2, intervalMs: 1000 } });
    const begun = clock.now();
    for (let count = 0; count < 5; count += 1) await get(http);
    expect(clock.now() - begun).toBe(2000);
  });

  it('sends no order after the caller has stopped waiting', async () => {
    const { http, fake } = await start(() => ({ body: {} }), {
      rateLimit: { requests: 1, intervalMs: 60_000 },
    });
    await http.post(thing.path, thing);
    const error = await errorOf(http.post(thing.path, thing));
    expect(error).toMatchObject({ kind: 'rate-limited', details: { retryAfterMs: 60_000 } });
    expect(fake.requests).toHaveLength(1);
    await get(http);
    expect(fake.requests).toHaveLength(2);
  });

  it('refuses an answer that is too long', async () => {
    const { http } = await start(() => ({ body: { text: 'x'.repeat(5000) } }), { maxResponseBytes: 1000 });
    expect((await errorOf(get(http))).message).toContain('longer than expected');
  });

  it('signs exactly what is sent', async () => {
    const { http, fake } = await start(() => ({ body: {} }));
    const sign = ({ method, url, body }: { method: string; url: string; body: string }) => ({
      'X-Signature': `${method} ${url} ${body}`,
    });
    await http.post(thing.path, { ...thing, body: { a: 'ü' }, sign });
    const [request] = fake.requests;
    expect(request?.headers['x-signature']).toBe(
      `POST ${fake.url}/things/a%2Fb%20%C3%BC ${request?.rawBody.toString('utf8')}`,
    );
  });

  it('refuses base URLs over which credentials must not go, and ids that would change the path', async () => {
    for (const baseUrl of [
      'http://acme.example',
      'ftp://127.0.0.1',
      'https://user:pass@acme.example',
      'acme',
    ]) {
      expect(() => new PspHttp({ name: 'Acme', baseUrl })).toThrow(/^Acme: the base URL must/);
    }
    const { http } = await start(() => ({}));
    await expect(http.get('/things/{id}', { params: { id: '..' } })).rejects.toThrow(/cannot be the {id}/);
  });

  describe('with OAuth', () => {
    const createTokenRequest = () => ({
      method: 'POST' as const,
      path: '/token',
      form: { grant_type: 'refresh_token', refresh_token: 'refresh-0123456789' },
    });
    const withTokens = (valid: () => string, more: Partial<HttpOptions> = {}) =>
      start(
        ({ headers }) =>
          headers['authorization'] === `Bearer ${valid()}`
            ? { body: {} }
            : { status: 401, body: { message: 'expired' } },
        { authentication: createOAuth({ createTokenRequest }), ...more },
      );
    const tokenRequests = (fake: FakePsp) => fake.requests.filter(({ path }) => path === '/token');

    it('fetches one token for all who ask, and another before it runs out', async () => {
      const { http, fake } = await withTokens(() => 'token-1');
      await Promise.all(Array.from({ length: 20 }, () => get(http)));
      expect(tokenRequests(fake)).toHaveLength(1);
      expect(tokenRequests(fake)[0]?.headers['authorization']).toBeUndefined();
      clock.time += 2400_000 - 61_000;
      await get(http);
      expect(tokenRequests(fake)).toHaveLength(1);
      clock.time += 2_000;
      expect((await errorOf(get(http))).kind).toBe('unauthorized');
      expect(tokenRequests(fake).length).toBeGreaterThan(1);
    });

    it('drops a token that the PSP refuses, renews it once, and repeats even an order once', async () => {
      let valid = 'token-1';
      const { http, fake } = await withTokens(() => valid);
      await get(http);
      valid = 'token-2';
      await Promise.all([...Array.from({ length: 10 }, () => get(http)), pay(http)]);
      expect(tokenRequests(fake)).toHaveLength(2);
      valid = 'none';
      const before = fake.requests.length;
      expect((await errorOf(pay(http))).kind).toBe('unauthorized');
      expect(fake.requests.length - before).toBe(3);
    });

    it('keeps a token while it lives, although the token endpoint is down', async () => {
      const { http, fake } = await withTokens(() => 'token-1');
      await get(http);
      clock.time += 2400_000 - 30_000;
      fake.injectFault({ fault: { status: 503 }, path: '/token', times: Infinity });
      await get(http);
      clock.time += 30_000;
      expect((await errorOf(get(http))).kind).toBe('unavailable');
    });

    it.each([{}, { expires_in: null }])(
      'uses a token without a lifetime for some minutes: %j',
      async (rest) => {
        const { http, fake } = await withTokens(() => 'token-of-five-minutes');
        const body = { access_token: 'token-of-five-minutes', ...rest };
        fake.injectFault({ fault: { response: { status: 200, body } }, path: '/token', times: Infinity });
        await get(http);
        clock.time += 200_000;
        await get(http);
        expect(tokenRequests(fake)).toHaveLength(1);
        clock.time += 100_000;
        await get(http);
        expect(tokenRequests(fake)).toHaveLength(2);
      },
    );

    it('says that the credentials are wrong when no token is given for them', async () => {
      const { http, fake } = await withTokens(() => 'token-1');
      const body = { message: 'invalid_grant: refresh-0123456789' };
      fake.injectFault({ fault: { status: 400, body }, path: '/token', times: Infinity });
      const error = await errorOf(get(http));
      expect(error.kind).toBe('unauthorized');
      expect(error.message).toBe(
        'no access token: Acme: POST /token: answered 400: invalid_grant: [redacted]',
      );
    });
  });
});
