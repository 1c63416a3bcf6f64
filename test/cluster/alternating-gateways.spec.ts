/** Tests a client of Formance Payments v2 whose pages come from two gateways in turn, while rows arrive between any two pages. */
import { createGateway, type Gateway } from '../../apps/gateway/src/gateway.js';
import { createLogger } from '../../apps/gateway/src/logging/index.js';
import { hashApiKey } from '@tributary/auth';
import { POSTGRES_STORE, type FreshStore } from '../../libs/feed/src/testing/stores.js';
import { GenericConnectorClient } from '../../libs/conformance/src/clients/generic-connector-client.js';
import { createClientConnection } from '../../libs/conformance/src/clients/client-connection.js';
import { getClientVersion } from '../../libs/conformance/src/clients/client-versions.js';
import { getAdjustmentName } from '../read-while-rows-arrive.js';
import { createSeededRandom } from '@tributary/connector-api/testing';
import type { TransactionVersion } from '../generate-psp-history.js';
import { openTransactionsFeed, createPlugin } from '../gateway-with-plugins.js';
import { LoadBalancer } from './load-balancer.js';

const KEY = 'the-key-of-a-client-of-v2';
const ROWS = 6000;
const START = Date.UTC(2025, 0, 1);
const EMPTY_PLUGIN = createPlugin({
  async *accounts() {},
  async *transactions() {},
});

let fresh: FreshStore;
let gateways: Gateway[];
let balancer: LoadBalancer;
beforeAll(async () => {
  fresh = await POSTGRES_STORE.create();
  gateways = await Promise.all([openGateway(), openGateway()]);
  const urls = await Promise.all(gateways.map((gateway) => gateway.listen()));
  balancer = await LoadBalancer.start(urls.map((url) => ({ name: url, url })));
});
afterAll(async () => {
  await balancer.close();
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await fresh.remove();
});

function openGateway(): Promise<Gateway> {
  const connector = {
    ...{ name: 'psp', path: 'psp', plugin: EMPTY_PLUGIN, settings: {}, syncIntervalMs: 3_600_000 },
    apiKeys: [{ hash: hashApiKey(KEY), scopes: ['read' as const] }],
    orders: { largest: new Map(), perDay: new Map(), alertAfterMs: 900_000 },
  };
  const deployment = {
    ...{
      file: 'test',
      store: fresh.url,
      connectors: [connector],
      operatorKeys: [],
      policies: [],
      docs: false,
      orders: { resolveByTwo: false },
      console: false,
      secrets: [],
    },
    listen: { host: '127.0.0.1', port: 0, trustProxy: false },
  };
  return createGateway(deployment, {
    logger: createLogger({ secrets: [], level: 'error' }),
    sync: false,
    drainTimeoutMs: 0,
  });
}

/** Creates a version of a record. The times of two versions differ by one second, so that the rows of one second never fill a page. */
function createVersion(index: number): TransactionVersion {
  const at = new Date(START + index * 1000).toISOString().replace('.000Z', 'Z');
  const amount = { amount: 1n, asset: 'EUR/2' };
  return { id: `tx-${index}`, createdAt: at, updatedAt: at, type: 'PAYIN', status: 'SUCCEEDED', amount };
}

test('loses no row', async () => {
  const { appendArrival } = await openTransactionsFeed(gateways[0]!.store, 'psp');
  const random = createSeededRandom(11);
  const versions = new Set<string>();
  const showSome = async () => {
    const count = Math.min(Math.floor(random() * 260), ROWS - versions.size);
    const arrival = Array.from({ length: count }, (_, index) => createVersion(versions.size + index));
    if (count > 0) await appendArrival(arrival);
    for (const version of arrival) versions.add(getAdjustmentName(version));
  };
  const connection = createClientConnection(`${balancer.url}/psp`, KEY);
  let partial = false;
  let saved = 0;
  const client = new GenericConnectorClient(getClientVersion('v2.0'), async (path) => {
    const before = versions.size;
    if (random() < 0.5) await showSome();
    const answer = await connection.get(path);
    const rows = (JSON.parse(answer.body) as unknown[]).length;
    // Without the end marker that the other gateway stored, this page would have begun after rows that the client had not read.
    if (partial && rows === 0 && versions.size > before + 100) saved++;
    partial = rows > 0 && rows < 100;
    return answer;
  });
  while (versions.size < ROWS) await client.poll('transactions');
  for (let more = 0; more < 5; more++) await client.poll('transactions');
  connection.close();
  process.stdout.write(
    `${ROWS} rows; ${saved} times a client was kept from passing over some; ${balancer.requestShares}\n`,
  );
  const missing = [...versions].filter((version) => !client.formance.adjustments.has(version));
  expect([missing.length, missing.slice(0, 3)]).toEqual([0, []]);
  expect(saved).toBeGreaterThan(0);
}, 120_000);
