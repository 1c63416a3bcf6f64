/** Creates the Nest module of one connector: the plugin, its settings, its keys and the contract's controllers. */
import { KeyRing, type FailureLimiter } from '@tributary/auth';
import { BACKEND, PSP, type Backend, type Psp, type Stream } from '@tributary/connector-api';
import {
  BalancesController,
  FeedsController,
  OrdersController,
  WEBHOOKS,
  WebhooksController,
} from '@tributary/connector-api/contract';
import type { Store } from '@tributary/feed';
import type { OrderEngine } from '@tributary/orders';
import { BalanceReader, WebhookInbox, type SyncConnector, type SyncOptions } from '@tributary/sync';
import type { DynamicModule, Provider, Type } from '@nestjs/common';
import type { ConnectorConfig } from '../config/deployment.js';
import { FeedBackend } from './feed-backend.js';
import { FeedMirror } from './feed-mirror.js';
import type { PageCache } from './page-cache.js';
import { pays } from './pays.js';
import { pluginProviders } from './plugin-providers.js';
import { WebhookGate } from './webhook-gate.js';

/** Dependencies that all connectors of a deployment share. */
export interface Shared {
  store: Store;
  cache: PageCache;
  limiter: FailureLimiter;
  sync: SyncOptions;
  orders: OrderEngine;
  /** Schedules a pull of these streams. */
  pull: (path: string, streams: readonly Stream[]) => void;
  /** Called for each connector when Nest creates its providers. To look up a thousand connectors afterwards would take Nest seconds. */
  onMounted: (connector: SyncConnector, backend: Backend) => void;
}

export interface MountedConnector {
  path: string;
  ring: KeyRing;
  /** The module class. Each connector needs its own class, because Nest stores the path of a module on its class. */
  type: Type;
  module: DynamicModule;
}

export function mountConnector(config: ConnectorConfig, shared: Shared): MountedConnector {
  class ConnectorModule {}
  const ring = new KeyRing(config.apiKeys);
  return {
    path: config.path,
    ring,
    type: ConnectorModule,
    module: {
      module: ConnectorModule,
      controllers: [FeedsController, BalancesController, OrdersController, WebhooksController],
      providers: [
        ...pluginProviders(config, new FeedMirror(config.path, shared.store)),
        ...contractProviders(config, shared),
      ],
    },
  };
}

/** Creates the providers that the contract's controllers inject. Their number is kept small, because each connector has its own. */
function contractProviders(config: ConnectorConfig, shared: Shared): Provider[] {
  const { path, syncEvery: every } = config;
  return [
    {
      provide: BACKEND,
      inject: [PSP],
      useFactory: (psp: Psp) => openBackend(config, psp, shared),
    },
    {
      provide: WEBHOOKS,
      inject: [PSP],
      useFactory: (psp: Psp) => {
        const { sync, limiter } = shared;
        const pull = (streams: readonly Stream[]) => shared.pull(path, streams);
        return new WebhookGate(
          path,
          new WebhookInbox({ path, psp, every }, sync, pull),
          limiter,
          sync.logger,
        );
      },
    },
  ];
}

function openBackend(config: ConnectorConfig, psp: Psp, shared: Shared): Backend {
  const { path, syncEvery: every } = config;
  const { store, cache, sync } = shared;
  const orders = openOrders(config, psp, shared.orders);
  const connector: SyncConnector = { path, psp, every, ...(orders ? { claims: orders.claims } : {}) };
  const reader = new BalanceReader(store, connector, sync);
  const backend = new FeedBackend(path, store, cache, reader, orders?.desk);
  shared.onMounted(connector, backend);
  return backend;
}

/**
 * Opens the orders of a connector.
 * @returns `undefined` if the PSP client cannot make payments
 * @throws Error if the plugin can pay but has no `orders` that describe how its PSP recognises repeated requests
 */
function openOrders({ path, plugin, orders: limits }: ConnectorConfig, psp: Psp, engine: OrderEngine) {
  if (!pays(psp)) return undefined;
  if (!plugin.orders) {
    throw new Error(
      `the plugin ${plugin.name} pays, but has no "orders" that say how its PSP recognises a repeat`,
    );
  }
  return engine.open({ path, plugin: plugin.name, psp, terms: plugin.orders, limits });
}
