/** Replaces the deployment of a running gateway in the middle of pulls and orders. */
import { generateApiKey, hashApiKey } from '@tributary/auth';
import {
  definePlugin,
  type Account,
  type Beneficiary,
  type Order,
  type Page,
  type PspClient,
} from '@tributary/connector-api';
import { Inject } from '@nestjs/common';
import type { Deployment } from '../../apps/gateway/src/config/index.js';
import { createGateway, type Gateway } from '../../apps/gateway/src/gateway.js';
import { createLogger } from '../../apps/gateway/src/logging/index.js';
import { DEFAULT_STORE, type FreshStore } from '../../libs/feed/src/testing/stores.js';
import { waitUntil as waitFor } from '../../libs/sync/src/testing/manual-clock.js';

let fresh: FreshStore;
let gateway: Gateway;
let log: string[];

beforeEach(async () => {
  fresh = await DEFAULT_STORE.createMigrated();
  log = [];
});
afterEach(async () => {
  await gateway.close();
  await fresh.remove();
});

const waitUntil = (condition: () => boolean | Promise<boolean>) =>
  waitFor('the state of the gateway', condition).catch((error: Error) => {
    throw new Error(`${error.message}\n${log.slice(-5).join('')}`);
  });
const logger = () => createLogger({ level: 'debug', destination: { write: (line) => void log.push(line) } });
const get = (path: string, key: string) =>
  fetch(gateway.url + path, { headers: { authorization: `Bearer ${key}` } });
const status = async (path: string, key: string) => (await get(path, key)).status;

class SlowSettings {
  psp = new SlowPsp();
}

/** A PSP whose pulls and payouts wait until the test continues them. */
class SlowPsp implements PspClient {
  runningPulls = 0;
  maxRunningPulls = 0;
  pulls = 0;
  paid: string[] = [];
  isBlocked = false;
  private waiting: (() => void)[] = [];

  continue() {
    this.isBlocked = false;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  async *accounts(): AsyncIterable<Page<Account>> {
    yield {
      items: [{ id: 'a1', name: 'A', createdAt: '2026-01-01T00:00:00Z', defaultAsset: 'EUR/2' }] as never[],
      cursor: 'end',
    };
  }

  async *transactions() {}

  /** Counts its pulls. Only the stream of beneficiaries calls it; the check of completeness also lists accounts. */
  async *beneficiaries(): AsyncIterable<Page<Beneficiary>> {
    this.pulls++;
    this.maxRunningPulls = Math.max(this.maxRunningPulls, ++this.runningPulls);
    try {
      await this.wait();
      yield { items: [{ id: 'b1', ownerName: 'B' }], cursor: 'end' };
    } finally {
      this.runningPulls--;
    }
  }

  async createPayout({ idempotencyKey }: Order) {
    await this.wait();
    this.paid.push(idempotencyKey);
    return { id: `psp-${this.paid.length}`, status: 'SUCCEEDED' as const };
  }

  findOrder() {
    return Promise.resolve(undefined);
  }

  private wait(): Promise<void> {
    return this.isBlocked ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve();
  }
}

class SlowClient implements PspClient {
  constructor(@Inject(SlowSettings) private readonly settings: SlowSettings) {}
  accounts = () => this.settings.psp.accounts();
  transactions = () => this.settings.psp.transactions();
  beneficiaries = () => this.settings.psp.beneficiaries();
  createPayout = (order: Order) => this.settings.psp.createPayout(order);
  findOrder = () => this.settings.psp.findOrder();
}

const plugin = definePlugin({
  ...{ name: 'slow', title: 'A PSP that waits', settings: SlowSettings, psp: SlowClient },
  orders: { keyFormat: 'uuid', idempotencyWindowMs: Infinity },
});
const clientKey = generateApiKey();

function createDeployment(psp: SlowPsp, fingerprint: string): Deployment {
  return {
    ...{ file: 'test.yaml', listen: { host: '127.0.0.1', port: 0, trustProxy: false }, store: fresh.url },
    connectors: [
      {
        ...{
          name: 'slow',
          path: 'slow',
          plugin,
          settings: Object.assign(new SlowSettings(), { psp }),
          fingerprint,
        },
        apiKeys: [{ hash: hashApiKey(clientKey), scopes: ['read', 'pay'] }],
        orders: { largest: new Map(), perDay: new Map(), alertAfterMs: 900_000 },
        syncIntervalMs: 100,
      },
    ],
    ...{
      operatorKeys: [],
      policies: [],
      orders: { resolveByTwo: false },
      docs: false,
      console: false,
      secrets: [],
    },
  };
}

async function start(psp: SlowPsp, sync = true) {
  gateway = await createGateway(createDeployment(psp, 'one'), {
    logger: logger(),
    sync,
    drainTimeoutMs: 0,
  });
  await gateway.listen();
}

it('a pull of a changed connector ends before the next one begins', async () => {
  const psp = new SlowPsp();
  psp.isBlocked = true;
  await start(psp);
  await waitUntil(() => psp.runningPulls === 1);
  await gateway.applyDeployment(createDeployment(psp, 'two'));
  await gateway.applyDeployment(createDeployment(psp, 'three'));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(psp).toMatchObject({ runningPulls: 1, pulls: 1 });
  psp.continue();
  await waitUntil(() => psp.pulls >= 4);
  expect(psp.maxRunningPulls).toBe(1);
});

it('a pull of an unchanged connector goes on, and a removed connector is not pulled any more', async () => {
  const psp = new SlowPsp();
  psp.isBlocked = true;
  await start(psp);
  await waitUntil(() => psp.runningPulls === 1);
  await gateway.applyDeployment(createDeployment(psp, 'one'));
  psp.continue();
  await waitUntil(() => psp.pulls >= 3);
  expect(psp.maxRunningPulls).toBe(1);
  await gateway.applyDeployment({ ...createDeployment(psp, 'one'), connectors: [] });
  await waitUntil(() => psp.runningPulls === 0);
  const { pulls } = psp;
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(psp.pulls).toBe(pulls);
});

it.each([
  ['changed', (psp: SlowPsp) => createDeployment(psp, 'two')],
  ['removed', (psp: SlowPsp) => ({ ...createDeployment(psp, 'one'), connectors: [] })],
])(
  'an order of a connector that is %s is finished once, and its request gets the result',
  async (_case, next) => {
    const psp = new SlowPsp();
    await start(psp, false);
    await gateway.syncEngine.runOnce();
    const [account] = (await (await get('/slow/accounts', clientKey)).json()) as { id: string }[];
    const [beneficiary] = (await (await get('/slow/beneficiaries', clientKey)).json()) as { id: string }[];
    psp.isBlocked = true;
    const posted = fetch(`${gateway.url}/slow/payouts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ idempotencyKey: 'invoice-1', amount: '100', currency: 'EUR/2' },
        ...{ sourceAccountId: account?.id, destinationAccountId: beneficiary?.id },
      }),
    });
    await waitUntil(async () => (await gateway.store.orders('slow').findNewest(1))[0]?.state === 'sending');
    const other = new SlowPsp();
    await gateway.applyDeployment(next(other));
    psp.continue();
    const response = await posted;
    expect([response.status, ((await response.json()) as { status: string }).status]).toEqual([
      201,
      'SUCCEEDED',
    ]);
    expect([psp.paid.length, other.paid.length]).toEqual([1, 0]);
    expect((await gateway.store.orders('slow').findNewest(1))[0]).toMatchObject({ state: 'succeeded' });
  },
);

it('a deployment that cannot be served changes nothing', async () => {
  const psp = new SlowPsp();
  await start(psp, false);
  const broken = createDeployment(psp, 'two');
  const fails = () => Promise.reject(new Error('the audit log cannot be written'));
  await expect(gateway.applyDeployment({ ...broken, connectors: [] }, fails)).rejects.toThrow(
    'the audit log',
  );
  const withoutOrders = { ...plugin };
  delete withoutOrders.orders;
  broken.connectors[0]!.plugin = withoutOrders;
  await expect(gateway.applyDeployment(broken)).rejects.toThrow('has no "orders"');
  expect(await status('/slow/accounts', clientKey)).toBe(200);
  const runs = await gateway.syncEngine.runOnce('slow');
  expect(runs.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
});
