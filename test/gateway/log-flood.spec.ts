/** Tests that requests without a valid key cannot fill the log, and that they do not suppress the log lines about clients with a key. */
import { expectError, startGateway, type TestGateway } from './test-gateway.js';

const REQUESTS_PER_KIND = 400;
const CONCURRENCY = 20;
/**
 * The maximum number of log lines of one kind. The gateway logs 20 lines of each kind in a minute, and the test can continue into a second
 * minute.
 */
const MAX_LINES_PER_KIND = 2 * 20;

interface Line {
  msg: string;
  of?: string;
  status?: number;
  leftOut?: number;
  clients?: number;
  client?: string;
  connector?: string;
  path?: string;
}

let gateway: TestGateway;

beforeEach(async () => {
  gateway = await startGateway({
    connectors: [{ path: 'bank' }, { path: 'acme/bank' }],
    deployment: { listen: { host: '127.0.0.1', port: 0, trustProxy: true } },
    level: 'info',
  });
});

async function flood(send: (index: number) => Promise<Response>): Promise<void> {
  for (let start = 0; start < REQUESTS_PER_KIND; start += CONCURRENCY) {
    const responses = Array.from({ length: CONCURRENCY }, (_, index) => send(start + index));
    for (const response of await Promise.all(responses)) await response.arrayBuffer();
  }
}

const readLines = () => gateway.log.map((line) => JSON.parse(line) as Line);

it('lines of failing requests are limited for each kind and summed up; each failure with a key has its line', async () => {
  const send = (path: string, index: number, method = 'GET', key = `wrong-key-${index}-of-a-stranger`) =>
    fetch(gateway.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': `192.0.2.${index % 100}` },
    });
  await flood((index) => send(index % 2 === 0 ? '/bank/accounts' : '/acme/bank/transactions', index));
  await flood((index) => send(`/nowhere-${index}`, index));
  await flood((index) => send(`/made-up-${index}/accounts`, index, 'DELETE'));
  await flood((index) => send('/bank/payouts', index, 'POST'));
  await expectError(await send('/acme/bank/accounts?page=x', 0, 'GET', gateway.key('acme/bank')), 422);
  await gateway.stop();

  const lines = readLines();
  const kinds = new Set(lines.filter(({ msg }) => msg === 'request').map(({ status }) => status));
  expect([...kinds].sort()).toEqual([401, 404, 422]);
  for (const status of [401, 404]) {
    const ofKind = lines.filter((line) => line.status === status);
    expect(ofKind.length).toBeLessThanOrEqual(MAX_LINES_PER_KIND + 2);
    const summedUp = ofKind.reduce((sum, { leftOut = 0 }) => sum + leftOut, 0);
    const written = ofKind.filter(({ msg }) => msg === 'request').length;
    const kindsOfRequests = status === 401 ? 3 : 1;
    expect(summedUp + written).toBe(kindsOfRequests * REQUESTS_PER_KIND);
    expect(ofKind.find(({ leftOut }) => leftOut !== undefined)).toMatchObject({
      of: 'request',
      clients: 100,
    });
  }
  expect(lines.filter(({ status }) => status === 422)).toMatchObject([
    { msg: 'request', path: '/acme/bank/accounts' },
  ]);
  expect(gateway.log.join('').length).toBeLessThan(40_000);
}, 60_000);

it('a health check that fails again and again is limited, too', async () => {
  gateway.gateway.store.checkWritable = () => Promise.reject(new Error('the disk is full'));
  await flood(() => fetch(`${gateway.url}/readyz`));
  await gateway.stop();
  const lines = readLines();
  expect(lines.filter(({ msg }) => msg === 'request failed').length).toBeLessThanOrEqual(MAX_LINES_PER_KIND);
  expect(lines.filter(({ msg }) => msg === 'request').length).toBeLessThanOrEqual(MAX_LINES_PER_KIND);
  expect(lines.some(({ leftOut }) => (leftOut ?? 0) > 0)).toBe(true);
});
