/** One connector as a Nest module: the plugin, its settings, its keys and the contract's controllers. */
import { KeyRing, type FailureLimiter } from '@tributary/auth';
import { BACKEND, MIRROR, PSP, type Backend, type Psp, type Stream } from '@tributary/connector-api';
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
import { CONNECTOR_PATH, DocsController } from './docs.controller.js';
import { DOCS, type Docs } from './docs.js';
import { FeedBackend } from './feed-backend.js';
import { FeedMirror } from './feed-mirror.js';
import type { PageCache } from './page-cache.js';
import { WebhookGate } from './webhook-gate.js';

const SYNC_CONNECTOR = Symbol('SYNC_CONNECTOR');
const ORDERS = Symbol('ORDERS');

/** What all connectors of a deployment share. */
export interface Shared {
  store: Store;
  cache: PageCache;
  limiter: FailureLimiter;
  sync: SyncOptions;
  orders: OrderEngine;
  /** Has streams of a connector pulled soon. */
  pull: (path: string, streams: readonly Stream[]) => void;
  /** Told each connector as sync and as requests see it, once its module exists: to look a thousand up afterwards takes Nest seconds. */
  onMounted: (connector: SyncConnector, backend: Backend) => void;
  /** Absent where the deployment serves no documentation. */
  docs: Docs | undefined;
}

export interface MountedConnector {
  path: string;
  ring: KeyRing;
  /** A class of its own: Nest keeps the path of a module on its class. */
  type: Type;
  module: DynamicModule;
}

export function mountConnector(config: ConnectorConfig, shared: Shared): MountedConnector {
  class ConnectorModule {}
  const ring = new KeyRing(config.apiKeys);
  const contract = [FeedsController, BalancesController, OrdersController, WebhooksController];
  return {
    path: config.path,
    ring,
    type: ConnectorModule,
    module: {
      module: ConnectorModule,
      controllers: shared.docs ? [...contract, DocsController] : contract,
      providers: [
        ...pluginProviders(config, shared),
        ...contractProviders(config, shared),
        { provide: CONNECTOR_PATH, useValue: config.path },
        { provide: DOCS, useValue: shared.docs },
      ],
    },
  };
}

/** What the plugin brings, and what it may ask for. */
function pluginProviders({ plugin, settings, path }: ConnectorConfig, { store }: Shared): Provider[] {
  return [
    { provide: plugin.settings, useValue: settings },
    ...(plugin.providers ?? []),
    { provide: MIRROR, useValue: new FeedMirror(path, store) },
    { provide: PSP, useClass: plugin.psp },
  ];
}

/** What the contract's controllers and sync ask for. */
function contractProviders(config: ConnectorConfig, shared: Shared): Provider[] {
  const { path, syncEvery } = config;
  const { store, cache, sync } = shared;
  return [
    {
      provide: ORDERS,
      inject: [PSP],
      useFactory: (psp: Psp) => openOrders(config, psp, shared.orders),
    },
    {
      provide: SYNC_CONNECTOR,
      inject: [PSP, ORDERS],
      useFactory: (psp: Psp, orders: ReturnType<typeof openOrders>): SyncConnector => ({
        path,
        psp,
        every: syncEvery,
        ...(orders ? { claims: orders.claims } : {}),
      }),
    },
    {
      provide: BACKEND,
      inject: [SYNC_CONNECTOR, ORDERS],
      useFactory: (connector: SyncConnector, orders: ReturnType<typeof openOrders>): Backend => {
        const reader = new BalanceReader(store, connector, sync);
        const backend = new FeedBackend(path, store, cache, reader, orders?.desk);
        shared.onMounted(connector, backend);
        return backend;
      },
    },
    {
      provide: WEBHOOKS,
      inject: [SYNC_CONNECTOR],
      useFactory: (connector: SyncConnector) => {
        const inbox = new WebhookInbox(connector, sync, (streams) => shared.pull(path, streams));
        return new WebhookGate(path, inbox, shared.limiter, sync.logger);
      },
    },
  ];
}

/** @returns `undefined` for a PSP that only reads. @throws Error for one whose plugin does not say how it recognises repeats. */
function openOrders({ path, plugin, orders: limits }: ConnectorConfig, psp: Psp, engine: OrderEngine) {
  if (!psp.createPayout && !psp.createTransfer) return undefined;
  if (!plugin.orders) {
    throw new Error(
      `the plugin ${plugin.name} pays, but has no "orders" that say how its PSP recognises a repeat`,
    );
  }
  return engine.open({ path, plugin: plugin.name, psp, terms: plugin.orders, limits });
}
