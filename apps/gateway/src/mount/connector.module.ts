/** One connector as a Nest module: the plugin, its settings, its keys and the contract's controllers. */
import { ApiKeyGuard, FailureLimiter, KeyRing } from '@tributary/auth';
import { BACKEND, MIRROR, PSP, type Psp, type Stream } from '@tributary/connector-api';
import {
  ADMISSION,
  BalancesController,
  FeedsController,
  OrdersController,
  WEBHOOKS,
  WebhooksController,
} from '@tributary/connector-api/contract';
import type { Store } from '@tributary/feed';
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

/** What all connectors of a deployment share. */
export interface Shared {
  store: Store;
  cache: PageCache;
  limiter: FailureLimiter;
  sync: SyncOptions;
  /** Has streams of a connector pulled soon. */
  pull: (path: string, streams: readonly Stream[]) => void;
  /** Told each connector as sync sees it, once its module exists: to look a thousand up afterwards takes Nest seconds. */
  onMounted: (connector: SyncConnector) => void;
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
        { provide: KeyRing, useValue: ring },
        { provide: FailureLimiter, useValue: shared.limiter },
        { provide: ADMISSION, useClass: ApiKeyGuard },
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
function contractProviders({ path, syncEvery }: ConnectorConfig, shared: Shared): Provider[] {
  const { store, cache, sync } = shared;
  return [
    {
      provide: SYNC_CONNECTOR,
      inject: [PSP],
      useFactory: (psp: Psp): SyncConnector => {
        const connector = { path, psp, every: syncEvery };
        shared.onMounted(connector);
        return connector;
      },
    },
    {
      provide: BACKEND,
      inject: [SYNC_CONNECTOR],
      useFactory: (connector: SyncConnector) =>
        new FeedBackend(path, store, cache, new BalanceReader(store, connector, sync)),
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
