/** Tests `POST <path>/webhooks` over HTTP, with a plugin that verifies an HMAC as PSPs do. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateApiKey } from '@tributary/auth';
import {
  PspError,
  type Page,
  type PspClient,
  type Transaction,
  type WebhookRequest,
} from '@tributary/connector-api';
import { createPlugin, startGatewayWithPlugins, type TestGateway } from '../gateway-with-plugins.js';

const SECRET = 'whsec_of_the_test';

class WebhookPsp implements PspClient {
  pulls = 0;
  verified = 0;
  /** If set, pulls and verifications wait until this promise resolves. */
  busy: Promise<void> | undefined;
  readonly seen: WebhookRequest[] = [];

  async *accounts() {}

  async *transactions(): AsyncGenerator<Page<Transaction>> {
    this.pulls++;
    await this.busy;
  }

  async webhook(request: WebhookRequest): Promise<('transactions' | 'beneficiaries')[]> {
    this.verified++;
    this.seen.push(request);
    if (request.headers['x-slow'] !== undefined) await this.busy;
    const given = Buffer.from(request.headers['x-signature'] ?? '');
    const wanted = Buffer.from(sign(request.rawBody));
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      throw new PspError('rejected', `the signature is not that of ${SECRET.slice(0, 5)}…`);
    }
    return ['transactions', 'beneficiaries'];
  }
}

function sign(body: Buffer | string): string {
  return createHmac('sha256', SECRET).update(body).digest('hex');
}

let psp: WebhookPsp;
let gateway: TestGateway;

beforeEach(async () => {
  psp = new WebhookPsp();
  const silent: PspClient = { accounts: () => psp.accounts(), transactions: () => psp.accounts() };
  // The methods are bound to the test's own object, so that the test can count the calls there.
  const hooked: PspClient = {
    accounts: () => psp.accounts(),
    transactions: () => psp.transactions(),
    webhook: (request) => psp.webhook(request),
  };
  gateway = await startGatewayWithPlugins([
    { path: 'acme/hooked', plugin: createPlugin(hooked), keys: [generateApiKey()] },
    { path: 'silent', plugin: createPlugin(silent), keys: [generateApiKey()] },
  ]);
  gateway.syncEngine.start();
  await until(() => psp.pulls === 1);
});

afterEach(() => gateway.close());

function send(
  body: string | Buffer<ArrayBuffer>,
  headers: Record<string, string> = {},
  path = '/acme/hooked/webhooks',
) {
  return fetch(gateway.url + path, {
    method: 'POST',
    body,
    headers: { 'x-signature': sign(body), ...headers },
  });
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !holds(); tries++) await sleep(20);
  expect(holds()).toBe(true);
}

async function error(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/json');
  return { status: response.status, ...((await response.json()) as { Title: string; Detail: string }) };
}

it('a true webhook needs no key, is answered 200, and its streams are pulled', async () => {
  const response = await send('{"type":"payment.updated"}', { 'content-type': 'application/json' });
  expect([response.status, await response.text()]).toEqual([200, '{"received":true}']);
  await until(() => psp.pulls === 2);
});

it('the answer does not wait for the pull', async () => {
  let release = () => {};
  psp.busy = new Promise((resolve) => (release = resolve));
  expect((await send('first')).status).toBe(200);
  await until(() => psp.pulls === 2);
  const asked = performance.now();
  expect((await send('while the pull is under way')).status).toBe(200);
  expect(performance.now() - asked).toBeLessThan(1000);
  expect(psp.pulls).toBe(2);
  release();
  // A webhook that arrives during a pull can be about rows that the pull has already passed, so another pull follows.
  await until(() => psp.pulls === 3);
});

it('the plugin gets the bytes and the headers as they were sent, with every content type', async () => {
  const bodies: [Buffer<ArrayBuffer>, string][] = [
    [Buffer.from('{ "a" : 1.00 }\r\n'), 'application/json; charset=utf-8'],
    [Buffer.from('id=tr_1&x=%20'), 'application/x-www-form-urlencoded'],
    [Buffer.from([0, 255, 254, 10, 13, 0]), 'application/octet-stream'],
    [Buffer.from('broken {'), 'application/json'],
    [Buffer.from('\uFEFF{"type":"payment.updated"}'), 'application/json'],
    [Buffer.alloc(0), 'text/plain'],
  ];
  for (const [body, type] of bodies) {
    expect((await send(body, { 'content-type': type, 'X-Odd': 'as it is' })).status).toBe(200);
    const { headers, rawBody } = psp.seen.at(-1)!;
    expect([rawBody.toString('hex'), headers['content-type'], headers['x-odd']]).toEqual([
      body.toString('hex'),
      type,
      'as it is',
    ]);
  }
});

it('a false one is refused, nothing is pulled, and the reason stays in the log', async () => {
  for (const headers of [{ 'x-signature': sign('other') }, { 'x-signature': '' }]) {
    const { status, Title, Detail } = await error(await send('body', headers));
    expect([status, Title]).toEqual([401, 'Webhook refused']);
    expect(Detail).not.toContain('whsec');
  }
  await sleep(400);
  expect(psp.pulls).toBe(1);
  expect(gateway.log.join('')).toContain('the signature is not that of');
});

it('a flood of true ones, replayed, is a pull or two', async () => {
  for (let burst = 0; burst < 5; burst++) {
    const answers = await Promise.all(Array.from({ length: 100 }, () => send('the same again')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
  }
  await sleep(1500);
  const seconds = 6;
  expect(psp.pulls).toBeGreaterThanOrEqual(2);
  expect(psp.pulls).toBeLessThanOrEqual(1 + seconds);
});

it('a flood of false ones is limited by address; true ones still get in', async () => {
  const statuses: number[] = [];
  for (let n = 0; n < 80; n++) statuses.push((await send('body', { 'x-signature': 'false' })).status);
  expect(statuses[0]).toBe(401);
  expect(statuses.at(-1)).toBe(429);
  const refused = await send('body', { 'x-signature': 'false' });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await error(refused)).toMatchObject({ status: 429, Title: 'Too many webhooks' });
  expect(gateway.log.filter((line) => line.includes('webhook refused')).length).toBeLessThan(80);
  expect((await send('body')).status).toBe(200);
});

it('a few are verified at once: a PSP that is asked about each is not flooded in turn', async () => {
  let release = () => {};
  psp.busy = new Promise((resolve) => (release = resolve));
  const statuses: number[] = [];
  const slow = Array.from({ length: 40 }, async () => {
    statuses.push((await send('body', { 'x-slow': '1' })).status);
  });
  await until(() => statuses.length === 24);
  expect(new Set(statuses)).toEqual(new Set([429]));
  release();
  await Promise.all(slow);
  expect(statuses.slice(24)).toEqual(Array(16).fill(200));
  expect(psp.verified).toBe(16);
});

it('what is too long is refused unread', async () => {
  expect((await error(await send(Buffer.alloc(300 * 1024, 'x')))).status).toBe(413);
  expect(psp.verified).toBe(0);
});

it('a plugin without webhooks and a connector that does not exist answer the same', async () => {
  const [silent, unknown] = [
    await error(await send('x', {}, '/silent/webhooks')),
    await error(await send('x', {}, '/nobody/webhooks')),
  ];
  expect(silent.status).toBe(404);
  expect(unknown).toEqual(silent);
  const get = await fetch(`${gateway.url}/acme/hooked/webhooks`);
  expect((await error(get)).status).toBe(404);
});
