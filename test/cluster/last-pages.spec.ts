/** Tests a client of v2 whose pages come from two gateways in turn, while rows arrive between any two pages. */
import { createGateway, type Gateway } from '../../apps/gateway/src/gateway.js';
import { createLogger } from '../../apps/gateway/src/logging/index.js';
import { hashKey } from '@tributary/auth';
import { POSTGRES, type FreshStore } from '../../libs/feed/src/testing/stores.js';
import { Client } from '../clients/client.js';
import { connect } from '../clients/http-get.js';
import { clientVersion } from '../clients/versions.js';
import { adjustmentOf } from '../drain.js';
import { randomNumbers } from '@tributary/connector-api/testing';
import type { Version } from '../synthetic-psp.js';
import { openTransactions, pluginOf } from '../test-gateway.js';
import { Balancer } from './balancer.js';

const KEY = 'the-key-of-a-client-of-v2';
const ROWS = 6000;
const START = Date.UTC(2025, 0, 1);
const SILENT = pluginOf({
  async *accounts() {},
  async *transactions() {},
});

let fresh: FreshStore;
let gateways: Gateway[];
let balancer: Balancer;
beforeAll(async () => {
  fresh = await POSTGRES.create();
  gateways = await Promise.all([openGateway(), openGateway()]);
  const urls = await Promise.all(gateways.map((gateway) => gateway.listen()));
  balancer = await Balancer.before(urls.map((url) => ({ name: url, url })));
});
afterAll(async () => {
  await balancer.close();
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await fresh.remove();
});

function openGateway(): Promise<Gateway> {
  const connector = {
    ...{ name: 'psp', path: 'psp', plugin: SILENT, settings: {}, syncEvery: 3_600_000 },
    apiKeys: [{ hash: hashKey(KEY), scopes: ['read' as const] }],
    orders: { largest: new Map(), perDay: new Map(), unknownAfter: 900_000 },
  };
  const deployment = {
    ...{
      file: 'test',
      store: fresh.url,
      connectors: [connector],
      operatorKeys: [],
      docs: false,
      secrets: [],
    },
    listen: { host: '127.0.0.1', port: 0, trustProxy: false },
  };
  return createGateway(deployment, {
    logger: createLogger({ secrets: [], level: 'error' }),
    sync: false,
    drainFor: 0,
  });
}

/** Creates a version. The versions are one second apart, so that no second fills a page. */
function versionAt(index: number): Version {
  const at = new Date(START + index * 1000).toISOString().replace('.000Z', 'Z');
  const amount = { amount: 1n, asset: 'EUR/2' };
  return { id: `tx-${index}`, createdAt: at, updatedAt: at, type: 'PAYIN', status: 'SUCCEEDED', amount };
}

test('loses no row', async () => {
  const { arrive } = await openTransactions(gateways[0]!.store, 'psp');
  const random = randomNumbers(11);
  const versions = new Set<string>();
  const showSome = async () => {
    const count = Math.min(Math.floor(random() * 260), ROWS - versions.size);
    const arrival = Array.from({ length: count }, (_, index) => versionAt(versions.size + index));
    if (count > 0) await arrive(arrival);
    for (const version of arrival) versions.add(adjustmentOf(version));
  };
  const connection = connect(`${balancer.url}/psp`, KEY);
  let partial = false;
  let saved = 0;
  const client = new Client(clientVersion('v2.0'), async (path) => {
    const before = versions.size;
    if (random() < 0.5) await showSome();
    const answer = await connection.get(path);
    const rows = (JSON.parse(answer.body) as unknown[]).length;
    // Without the pagination end that the other gateway recorded, this page would have begun behind rows that the client had not read.
    if (partial && rows === 0 && versions.size > before + 100) saved++;
    partial = rows > 0 && rows < 100;
    return answer;
  });
  while (versions.size < ROWS) await client.poll('transactions');
  for (let more = 0; more < 5; more++) await client.poll('transactions');
  connection.close();
  process.stdout.write(
    `${ROWS} rows; ${saved} times a client was kept from passing over some; ${balancer.shares}\n`,
  );
  const missing = [...versions].filter((version) => !client.formance.adjustments.has(version));
  expect([missing.length, missing.slice(0, 3)]).toEqual([0, []]);
  expect(saved).toBeGreaterThan(0);
}, 120_000);
