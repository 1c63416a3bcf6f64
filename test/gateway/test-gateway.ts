/** Starts a complete gateway on a free port, with a new store, and with a log that tests can read. */
import { hashApiKey, generateApiKey } from '@tributary/auth';
import { serializeAccount, definePlugin, serializeTransaction } from '@tributary/connector-api';
import type {
  Account,
  Balances,
  Page,
  Plugin,
  PspClient,
  Stream,
  Transaction,
  SerializedRecord,
} from '@tributary/connector-api';
import type { FeedPage } from '@tributary/feed';
import { Inject } from '@nestjs/common';
import type {
  ConnectorConfig,
  Deployment,
} from '../../apps/gateway/src/config/settings/loaded-deployment.types.js';
import { createGateway, type Gateway } from '../../apps/gateway/src/gateway.js';
import { createLogger, type LogLevel } from '../../apps/gateway/src/logging/index.js';
import { DEFAULT_STORE } from '../../libs/feed/src/testing/stores.js';

/** The PSP's response to a request for balances. */
export class TestSettings {
  balances: (accountId: string) => Promise<Balances> = (accountId) =>
    Promise.resolve({ accountId, at: '2026-03-01T00:00:00Z', amounts: [{ amount: 1250n, asset: 'EUR/2' }] });
}

/** A PSP that lists nothing. Tests add rows to the feeds themselves. */
class TestPsp implements PspClient {
  constructor(@Inject(TestSettings) private readonly settings: TestSettings) {}

  async *accounts(): AsyncIterable<Page<Account>> {}

  async *transactions(): AsyncIterable<Page<Transaction>> {}

  balances(accountId: string): Promise<Balances> {
    return this.settings.balances(accountId);
  }
}

export const testPlugin = definePlugin({
  name: 'test',
  title: 'A PSP for tests',
  settings: TestSettings,
  psp: TestPsp,
});

export interface TestConnector {
  path: string;
  keys?: string[];
  /** An instance of the settings class of the plugin. */
  settings?: object;
  /** By default, a plugin that lists nothing. */
  plugin?: Plugin;
}

export interface TestGateway {
  gateway: Gateway;
  url: string;
  /** The URL of the gateway's store, unless the deployment contains another URL. */
  storeUrl: string;
  /** The lines of the log so far. */
  log: string[];
  /** Returns the first key of a connector. */
  key(path: string): string;
  operatorKey: string;
  get(path: string, key?: string): Promise<Response>;
  appendRecords(path: string, stream: Stream, records: SerializedRecord[]): Promise<void>;
  /** Appends a page to a feed, as a pull could do, e.g. with rejected records. */
  appendPage(path: string, stream: Stream, page: Partial<FeedPage>): Promise<void>;
  stop(): Promise<void>;
}

interface TestGatewayOptions {
  connectors: TestConnector[];
  deployment?: Partial<Deployment>;
  level?: LogLevel;
  secrets?: string[];
  drainTimeoutMs?: number;
  /** The key of the operator. By default, a new key is created. */
  operatorKey?: string;
}

export async function startGateway({
  connectors,
  deployment,
  level,
  secrets,
  drainTimeoutMs = 0,
  operatorKey = generateApiKey(),
}: TestGatewayOptions): Promise<TestGateway> {
  const fresh = await DEFAULT_STORE.createMigrated();
  const keys = new Map(connectors.map(({ path, keys: own }) => [path, own ?? [generateApiKey()]]));
  const log: string[] = [];
  const logger = createLogger({
    level: level ?? 'debug',
    secrets: secrets ?? [],
    destination: { write: (line) => void log.push(line) },
  });
  const served: Deployment = {
    file: 'test.yaml',
    listen: { host: '127.0.0.1', port: 0, trustProxy: false },
    store: fresh.url,
    connectors: connectors.map((connector) =>
      createConnectorConfig(connector, keys.get(connector.path) ?? []),
    ),
    operatorKeys: [{ hash: hashApiKey(operatorKey), name: 'alice', scopes: ['read', 'operate'] }],
    policies: [],
    docs: true,
    orders: { exchangeRetentionMs: 3_600_000, resolveByTwo: false },
    console: true,
    secrets: secrets ?? [],
    ...deployment,
  };
  const loaded = { deployment: served, text: '', knownSecrets: new Map<string, string>(), staleSecrets: [] };
  const gateway = await createGateway(served, { loaded, logger, sync: false, drainTimeoutMs });
  const url = await gateway.listen();
  return {
    gateway,
    url,
    storeUrl: fresh.url,
    log,
    operatorKey,
    key: (path) => keys.get(path)?.[0] ?? '',
    get: (path, key) =>
      fetch(url + path, { headers: key === undefined ? {} : { authorization: `Bearer ${key}` } }),
    appendRecords: (path, stream, records) => appendPage(gateway, path, stream, { records }),
    appendPage: (path, stream, page) => appendPage(gateway, path, stream, page),
    stop: async () => {
      await gateway.close();
      await fresh.remove();
    },
  };
}

function createConnectorConfig(
  { path, plugin = testPlugin, settings = new plugin.settings() }: TestConnector,
  keys: string[],
): ConnectorConfig {
  const [tenant, name = ''] = path.includes('/') ? path.split('/') : [undefined, path];
  return {
    ...(tenant === undefined ? {} : { tenant }),
    name,
    path,
    plugin,
    settings,
    apiKeys: keys.map((key) => ({ hash: hashApiKey(key), scopes: ['read', 'pay'] })),
    orders: { largest: new Map(), perDay: new Map(), alertAfterMs: 900_000 },
    syncIntervalMs: 3_600_000,
  };
}

async function appendPage(
  gateway: Gateway,
  path: string,
  stream: Stream,
  page: Partial<FeedPage>,
): Promise<void> {
  const feed = await gateway.store.feed(path, stream);
  const lease = await feed.acquireLease({ host: 'test', pid: process.pid, id: 'test' }, 60_000);
  if (!lease) throw new Error(`the feed ${path}/${stream} is leased`);
  const nothing = { records: [], rejected: [], warnings: [], resolvedIds: [], balances: [] };
  await lease.append({ ...nothing, cursor: 'test', ...page });
  await lease.release();
}

export function createAccounts(...ids: string[]): SerializedRecord[] {
  return ids.map((id) => serializeAccount({ id, name: `Account ${id}` }));
}

/**
 * Creates transactions.
 * @param first number in the id of the first transaction
 */
export function createTransactions(count: number, first = 0): SerializedRecord[] {
  return Array.from({ length: count }, (_, index) =>
    serializeTransaction({
      id: `tx-${first + index}`,
      createdAt: new Date(Date.UTC(2026, 0, 1) + index).toISOString(),
      type: 'PAYIN',
      status: 'SUCCEEDED',
      amount: { amount: BigInt(index), asset: 'EUR/2' },
      metadata: { 'com.test.spec/note': `Grüße Nr. ${index} "quoted"` },
    }),
  );
}

/** Checks that the response is an `Error` of the contract. The official document has the same properties. */
export async function expectError(
  response: Response,
  status: number,
): Promise<{ Title: string; Detail: string }> {
  const text = await response.text();
  expect({ status: response.status, text }).toEqual({ status, text: expect.any(String) });
  expect(response.headers.get('content-type')).toBe('application/json');
  const body = JSON.parse(text) as { Title: string; Detail: string };
  expect(body).toEqual({ Title: expect.stringMatching(/./), Detail: expect.stringMatching(/./) });
  expect(text).not.toMatch(/node_modules|\.ts\b|\.js\b|    at |FST_ERR|SQLITE/);
  return body;
}
