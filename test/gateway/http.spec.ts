/** Tests HTTP behaviour that the contract does not define: other methods, unusual URLs, failed attempts, metrics, and the shutdown. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAccounts, expectError, startGateway, TestSettings, type TestGateway } from './test-gateway.js';

interface Line {
  msg: string;
  err?: Error;
}

const BALANCES_DELAY_MS = 400;
const slow = new TestSettings();
slow.balances = async (accountId) => {
  await sleep(BALANCES_DELAY_MS);
  return { accountId, at: '2026-03-01T00:00:00Z', amounts: [] };
};

let gateway: TestGateway;
const start = async () => {
  gateway = await startGateway({ connectors: [{ path: 'bank', settings: slow }, { path: 'acme/bank' }] });
};
const stop = () => gateway.stop();

const send = (method: string, path: string, key?: string) =>
  fetch(gateway.url + path, { method, headers: key === undefined ? {} : { authorization: `Bearer ${key}` } });

/**
 * Sends raw bytes, and returns the complete response.
 * @param stayOpen true if only the server closes the connection
 */
function sendRawBytes(bytes: string, stayOpen = false): Promise<string> {
  const { hostname, port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () =>
      stayOpen ? socket.write(bytes) : socket.end(bytes),
    );
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

function expectRawError(answer: string, status: number): void {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(head.toLowerCase()).toContain('content-type: application/json\r\n');
  expect(JSON.parse(body)).toEqual({ Title: expect.stringMatching(/./), Detail: expect.stringMatching(/./) });
}

describe('a method that the path does not have', () => {
  beforeAll(start);
  afterAll(stop);

  it.each([
    ['POST', '/bank/accounts', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/bank/transactions', 'GET, HEAD, OPTIONS'],
    ['PUT', '/bank/accounts/main/balances', 'GET, HEAD, OPTIONS'],
    ['PATCH', '/bank/beneficiaries/', 'GET, HEAD, OPTIONS'],
    ['GET', '/bank/payouts', 'POST, OPTIONS'],
    ['DELETE', '/bank//transfers?x=1', 'POST, OPTIONS'],
    ['PROPFIND', '/bank/accounts', 'GET, HEAD, OPTIONS'],
    ['QUERY', '/bank/accounts', 'GET, HEAD, OPTIONS'],
  ])('%s %s: 405 with Allow for a key, 401 for others', async (method, path, allow) => {
    const response = await send(method, path, gateway.key('bank'));
    expect(response.headers.get('allow')).toBe(allow);
    await expectError(response, 405);
    await expectError(await send(method, path), 401);
    await expectError(await send(method, path, gateway.key('acme/bank')), 401);
    const options = await send('OPTIONS', path);
    expect([options.status, options.headers.get('allow'), await options.text()]).toEqual([204, allow, '']);
  });

  it('HEAD answers as GET does, without a body', async () => {
    await gateway.appendRecords('bank', 'accounts', createAccounts('main'));
    const get = await send('GET', '/bank/accounts', gateway.key('bank'));
    const head = await send('HEAD', '/bank/accounts', gateway.key('bank'));
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(String((await get.text()).length));
    expect(await head.text()).toBe('');
    expect((await send('HEAD', '/bank/accounts')).status).toBe(401);
  });
});

describe('a path that is none', () => {
  beforeAll(start);
  afterAll(stop);

  it.each([
    '/',
    '/bank',
    '/bank/',
    '/bank/account',
    '/accounts',
    '/bank/accounts/main',
    '/bank/accounts//balances',
    '/favicon.ico',
    '/BANK/ACCOUNTS/x',
  ])('%s is not found, with a key or without', async (path) => {
    await expectError(await send('GET', path), 404);
    await expectError(await send('GET', path, gateway.key('bank')), 404);
  });

  it('an escaped slash is no second way to a connector', async () => {
    await expectError(await send('GET', '/acme%2Fbank/accounts', gateway.key('acme/bank')), 401);
    await expectError(await send('GET', '/acme%2Fbank/docs'), 404);
    expect((await send('GET', '/acme/bank/accounts', gateway.key('acme/bank'))).status).toBe(200);
  });

  it.each([
    ['/bank/%61ccounts', 200],
    ['/bank/accounts/../transactions', 200],
    ['/bank/%', 400],
    ['/bank/accounts/%ZZ/balances', 400],
    [`/bank/accounts/${'x'.repeat(4000)}/balances`, 414],
    ['/bank/accounts#fragment', 200],
  ])('%#: %s', async (path, status) => {
    const response = await send('GET', path, gateway.key('bank'));
    if (status !== 200) return expectError(response, status).then(() => undefined);
    expect([response.status, await response.text()]).toEqual([200, '[]']);
  });
});

describe('what is hardly HTTP', () => {
  beforeAll(start);
  afterAll(stop);

  it.each([
    ['a line that is none', 'HELLO\r\n\r\n', 400],
    ['a method that is none', 'FETCH /bank/accounts HTTP/1.1\r\nhost: x\r\n\r\n', 400],
    [
      'two lengths',
      'POST /bank/payouts HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx',
      400,
    ],
    ['no host', 'GET /bank/accounts HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
    ['two hosts', 'GET /bank/accounts HTTP/1.1\r\nhost: x\r\nHost: y\r\nconnection: close\r\n\r\n', 400],
    [
      'two keys',
      'GET /bank/accounts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer a\r\nAuthorization: Bearer b\r\nconnection: close\r\n\r\n',
      400,
    ],
    ['an endless URL', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
    ['an expectation', 'GET /bank/accounts HTTP/1.1\r\nhost: x\r\nexpect: miracles\r\n\r\n', 417],
    ['a path without a slash', 'GET bank/accounts HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400],
    [
      'an absolute URL without a key',
      'GET http://x/bank/accounts HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      401,
    ],
  ])('%s', async (_what, bytes, status) => expectRawError(await sendRawBytes(bytes), status));
});

describe('Expect: 100-continue', () => {
  beforeAll(start);
  afterAll(stop);

  const expecting = 'POST /bank/payouts HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n';

  it('of a pipelined request is never answered inside the final answer', async () => {
    const slowRequest = `GET /bank/accounts/main/balances HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.key('bank')}\r\n\r\n`;
    await gateway.appendRecords('bank', 'accounts', createAccounts('main'));
    const answer = await sendRawBytes(`${slowRequest}${expecting}connection: close\r\n\r\n{}`, true);
    const [, last = ''] = answer.split(/(?=HTTP\/1\.1 401)/);
    expectRawError(last, 401);
  });

  it('is answered before the body arrives', async () => {
    const answer = await sendRawBytes(`${expecting}connection: close\r\n\r\n{}`);
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 401 /);
  });
});

describe('failed attempts', () => {
  beforeEach(start);
  afterEach(stop);

  it('are limited for an address; a client with a valid key is still accepted from this address', async () => {
    const statuses: number[] = [];
    let limited: Response | undefined;
    for (let i = 0; i < 80; i++) {
      const response = await send('GET', `/bank/accounts?page=${i}`, `wrong-key-number-${i}-of-many`);
      statuses.push(response.status);
      limited = response.status === 429 ? response : limited;
      if (i % 10 === 0) expect((await send('GET', '/bank/accounts', gateway.key('bank'))).status).toBe(200);
    }
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(statuses.indexOf(429)).toBeGreaterThanOrEqual(60);
    expect(Number(limited!.headers.get('retry-after'))).toBeGreaterThan(0);
    await expectError(await send('GET', '/nobody/accounts'), 429);
    expect((await send('GET', '/acme/bank/accounts', gateway.key('acme/bank'))).status).toBe(200);
    expect(gateway.log.join('')).not.toContain('wrong-key-number');
  });

  it('behind a trusted proxy count for the address that the proxy names, not for one that the client made up', async () => {
    const proxied = await startGateway({
      connectors: [{ path: 'bank' }],
      deployment: { listen: { host: '127.0.0.1', port: 0, trustProxy: true } },
    });
    const from = (address: string) =>
      fetch(`${proxied.url}/bank/accounts`, { headers: { 'x-forwarded-for': address } }).then(
        ({ status }) => status,
      );
    // The limit is sixty attempts at once, and one more attempt each second. On a slow machine, some more attempts are accepted.
    const isRefused = async (address: (n: number) => string) => {
      for (let n = 0; n < 200; n++) if ((await from(address(n))) === 429) return true;
      return false;
    };
    expect(await isRefused((n) => `10.0.0.${n}, 192.0.2.1`)).toBe(true);
    expect(await from('10.0.1.1, 192.0.2.2')).toBe(401);
    // If the header contains a value that is not an address, the attempt counts for the proxy. So a client cannot get a new limit by
    // inventing values.
    expect(await isRefused((n) => `nobody-${n}`)).toBe(true);
    expect(await from('10.0.1.1, 192.0.2.2')).toBe(401);
    expect(proxied.log.join('')).not.toContain('nobody-');
    await proxied.stop();
  });
});

describe('the operator', () => {
  beforeEach(start);
  afterEach(stop);

  it('needs a key of the deployment to read the metrics', async () => {
    await send('GET', '/acme/bank/accounts', gateway.key('acme/bank'));
    await send('GET', '/acme/bank/accounts');
    await send('DELETE', '/acme/bank/transactions', gateway.key('acme/bank'));
    await send('OPTIONS', '/acme/bank/transactions');
    await send('GET', '/nobody/transactions');
    const response = await send('GET', '/metrics', gateway.operatorKey);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    const metrics = await response.text();
    const counted = (route: string, status: number, connector = 'acme/bank') =>
      `tributary_http_requests_total{connector="${connector}",route="${route}",status="${status}"} 1`;
    expect(metrics).toContain(counted('/accounts', 200));
    expect(metrics).toContain(counted('/accounts', 401));
    expect(metrics).toContain(counted('/transactions', 405));
    expect(metrics).toContain(counted('/transactions', 204));
    expect(metrics).toContain(counted('/transactions', 401, ''));
    expect(metrics).not.toContain('nobody');
    expect(metrics).toContain('tributary_http_request_seconds_count{route="/accounts"} 2');
    await expectError(await send('GET', '/metrics'), 401);
    await expectError(await send('GET', '/metrics', gateway.key('bank')), 401);
    await expectError(await send('GET', '/bank/accounts', gateway.operatorKey), 401);
  });

  it('finds every request that failed in the log, without its query', async () => {
    await send('GET', '/bank/accounts?token=in-the-query&page=x', gateway.key('bank'));
    await send('GET', '/nowhere?token=in-the-query');
    await send('GET', '/%74%72%62_in-the-path/x');
    const lines = gateway.log.map((line) => JSON.parse(line) as Line).filter(({ msg }) => msg === 'request');
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'info',
        method: 'GET',
        path: '/bank/accounts',
        status: 422,
        client: '127.0.0.1',
      }),
      expect.objectContaining({ level: 'info', method: 'GET', path: '/nowhere', status: 404 }),
      expect.objectContaining({ level: 'info', method: 'GET', path: '/…/x', status: 404 }),
    ]);
    expect(gateway.log.join('')).not.toContain('in-the-query');
  });

  it('is told that a defect of ours happened; the client is told where to find it', async () => {
    const feed = await gateway.gateway.store.feed('bank', 'accounts');
    feed.readPage = () => Promise.reject(new Error('SQLITE_CORRUPT in /var/lib/secret.db'));
    const { Detail } = await expectError(await send('GET', '/bank/accounts', gateway.key('bank')), 500);
    const id = /request id (\S+)\.$/.exec(Detail)?.[1];
    const line = gateway.log
      .map((text) => JSON.parse(text) as Line)
      .find(({ msg }) => msg === 'request failed');
    expect(line).toMatchObject({ level: 'error', request: id, route: '/bank/accounts' });
    expect(line?.err?.message).toContain('SQLITE_CORRUPT');
  });
});

describe('the end', () => {
  beforeEach(start);
  afterEach(stop);

  it('comes after the running responses, and rejects no request before', async () => {
    expect(await (await send('GET', '/healthz')).json()).toEqual({ status: 'ok' });
    await gateway.appendRecords('bank', 'accounts', createAccounts('main'));
    const underWay = send('GET', '/bank/accounts/main/balances', gateway.key('bank'));
    await sleep(BALANCES_DELAY_MS / 4);
    const closed = gateway.gateway.close();
    const answer = await underWay;
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    const answered = performance.now();
    await closed;
    expect(performance.now() - answered).toBeLessThan(2000);
    await expect(send('GET', '/bank/accounts', gateway.key('bank'))).rejects.toThrow();
  });

  it('is told to those who are connected, who are served until they have gone', async () => {
    const patient = await startGateway({ connectors: [{ path: 'bank' }], drainTimeoutMs: 2000 });
    const ask = (path: string) =>
      fetch(patient.url + path, { headers: { authorization: `Bearer ${patient.key('bank')}` } });
    expect((await ask('/bank/accounts')).headers.get('connection')).toBe('keep-alive');
    const closed = patient.stop();
    const response = await ask('/bank/accounts');
    expect([response.status, response.headers.get('connection')]).toEqual([200, 'close']);
    await response.text();
    const began = performance.now();
    await expectError(await ask('/healthz'), 503).catch((error: unknown) => {
      // If this was the last connection, the port is already closed.
      expect(String(error)).toContain('fetch failed');
    });
    await closed;
    expect(performance.now() - began).toBeLessThan(1900);
  });
});
