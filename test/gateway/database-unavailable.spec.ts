/** Tests a gateway on PostgreSQL while the database is down, and afterwards. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresServer } from '../../libs/feed/src/testing/postgres-server.js';
import { startGateway, createTransactions, type TestGateway } from './test-gateway.js';

/** Time in ms after which the gateway no longer uses its last result of `/readyz`. It keeps a result for one second. */
const HEALTH_CHECK_INTERVAL_MS = 1_100;

let database: PostgresServer;
let gateway: TestGateway;
let key: string;

beforeAll(async () => {
  database = await PostgresServer.create();
  const store = database.url('postgres');
  gateway = await startGateway({ connectors: [{ path: 'bank' }], deployment: { store } });
  key = gateway.key('bank');
  await gateway.appendRecords('bank', 'transactions', createTransactions(250));
});

afterAll(async () => {
  await gateway.stop();
  await database.remove();
});

const status = async (path: string) => (await gateway.get(path, key)).status;
const page = async (number: number) => (await gateway.get(`/bank/transactions?page=${number}`, key)).text();

it('answers what it can without the database, 503 for the rest, and everything when the database is back', async () => {
  // The gateway keeps a page in memory after the second request for it.
  const [full] = [await page(1), await page(1)];
  const last = await page(3);
  expect(await status('/readyz')).toBe(200);

  await database.stop('QUIT');
  await sleep(HEALTH_CHECK_INTERVAL_MS);
  expect(await page(1)).toBe(full);
  const away = await gateway.get('/bank/transactions?page=3', key);
  expect(away.status).toBe(503);
  expect(away.headers.get('retry-after')).toBe('5');
  expect(away.headers.get('content-type')).toBe('application/json');
  expect(await away.json()).toEqual({
    Title: 'Gateway unavailable',
    Detail: 'The gateway cannot reach its store for now. Try again later.',
  });
  expect(await status('/bank/accounts/a/balances')).toBe(503);
  expect(await status('/readyz')).toBe(503);
  expect(await status('/healthz')).toBe(200);

  await database.start();
  await sleep(HEALTH_CHECK_INTERVAL_MS);
  expect(await page(3)).toBe(last);
  expect(await status('/readyz')).toBe(200);
  await gateway.appendRecords('bank', 'transactions', createTransactions(10, 250));
  expect(JSON.parse(await page(3))).toHaveLength(60);
});
