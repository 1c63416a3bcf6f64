/** Starts the real gateway with a new store on a free port. The test chooses the plugins and keys. */
import { hashApiKey } from '@tributary/auth';
import type { Type } from '@nestjs/common';
import { definePlugin, serializeTransaction, type Plugin, type PspClient } from '@tributary/connector-api';
import type { Store } from '@tributary/feed';
import { createGateway, type Gateway } from '../apps/gateway/src/gateway.js';
import { createLogger } from '../apps/gateway/src/logging/index.js';
import { DEFAULT_STORE, type StoreKind } from '../libs/feed/src/testing/stores.js';
import type { Arrival } from './generate-psp-history.js';

export interface TestConnector {
  path: string;
  plugin: Plugin;
  settings?: object;
  keys: string[];
}

export interface TestGateway extends Gateway {
  /** The lines of the log so far. */
  log: string[];
}

/** Starts a gateway that pulls only when the test calls `engine.runOnce()`. */
export async function startGatewayWithPlugins(
  connectors: readonly TestConnector[],
  kind: StoreKind = DEFAULT_STORE,
): Promise<TestGateway> {
  const fresh = await kind.createMigrated();
  const secrets = connectors.flatMap(({ keys }) => keys);
  const log: string[] = [];
  const logger = createLogger({
    level: 'debug',
    secrets,
    destination: { write: (line) => void log.push(line) },
  });
  const gateway = await createGateway(
    {
      file: 'test',
      listen: { host: '127.0.0.1', port: 0, trustProxy: false },
      store: fresh.url,
      connectors: connectors.map(({ path, plugin, settings, keys }) => ({
        name: path.split('/').at(-1)!,
        ...(path.includes('/') ? { tenant: path.split('/')[0]! } : {}),
        path,
        plugin,
        settings: Object.assign(new plugin.settings(), settings),
        apiKeys: keys.map((key) => ({ hash: hashApiKey(key), scopes: ['read', 'pay'] })),
        orders: { largest: new Map(), perDay: new Map(), alertAfterMs: 900_000 },
        syncIntervalMs: 3_600_000,
      })),
      operatorKeys: [],
      policies: [],
      docs: false,
      orders: { resolveByTwo: false },
      console: false,
      secrets,
    },
    { logger, sync: false, drainTimeoutMs: 0 },
  );
  const url = await gateway.listen();
  return {
    url,
    log,
    store: gateway.store,
    storeChange: gateway.storeChange,
    syncEngine: gateway.syncEngine,
    reloader: gateway.reloader,
    applyDeployment: (deployment, beforeSwap) => gateway.applyDeployment(deployment, beforeSwap),
    listen: () => gateway.listen(),
    async close() {
      await gateway.close();
      await fresh.remove();
    },
  };
}

/** Creates a plugin from a PSP client, for data that no real plugin would return. */
export function createPlugin(psp: PspClient): Plugin {
  class NoSettings {}
  class GivenPsp {
    constructor() {
      Object.assign(this, psp);
    }
  }
  return definePlugin({
    name: 'given',
    title: 'Given by a test',
    settings: NoSettings,
    psp: GivenPsp as Type<PspClient>,
  });
}

/** Opens a connector's transactions for appending. Each arrival is appended as one page. */
export async function openTransactionsFeed(store: Store, connector: string) {
  const feed = await store.feed(connector, 'transactions');
  const lease = await feed.acquireLease({ host: 'test', pid: process.pid, id: 'transactions' }, 600_000);
  let pages = 0;
  return {
    appendArrival: async (arrival: Arrival): Promise<void> => {
      const records = arrival.map((row) => serializeTransaction(row));
      const nothing = { rejected: [], warnings: [], resolvedIds: [], balances: [] };
      await lease!.append({ records, ...nothing, cursor: String(++pages) });
    },
  };
}
