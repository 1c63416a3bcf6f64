/** Creates the Nest module of one connector: the plugin, its settings, its keys and the contract's controllers. */
import { ApiKeySet, type FailureLimiter } from '@tributary/auth';
import {
  BACKEND,
  PSP_CLIENT,
  type Backend,
  type Metadata,
  type PspClient,
  type Stream,
} from '@tributary/connector-api';
import {
  BalancesController,
  FeedsController,
  OrdersController,
  WEBHOOK_RECEIVER,
  WebhooksController,
} from '@tributary/connector-api/contract';
import type { Store } from '@tributary/feed';
import type { OrderEngine } from '@tributary/orders';
import { BalanceService, WebhookTrigger, type SyncConnector, type SyncOptions } from '@tributary/sync';
import type { DynamicModule, Provider, Type } from '@nestjs/common';
import type { ConnectorConfig } from '../config/settings/loaded-deployment.types.js';
import type { LogLineLimiter } from '../logging/index.js';
import { ConnectorBackend } from './connector-backend.js';
import { StoredRecordLookup } from './stored-record-lookup.js';
import type { FeedRowWatcher } from './feed-row-watcher.js';
import type { PageCache } from './page-cache.js';
import type { ReaderPositionRecorder } from './reader-position-recorder.js';
import { canPay } from './can-pay.js';
import { createPluginProviders } from './plugin-providers.js';
import { WebhookHandler } from './webhook-handler.js';

/** The objects that all connectors of a deployment share. */
export interface ConnectorDependencies {
  store: Store;
  cache: PageCache;
  rowWatcher: FeedRowWatcher;
  readers: ReaderPositionRecorder;
  limiter: FailureLimiter;
  lineLimiter: LogLineLimiter;
  sync: SyncOptions;
  orders: OrderEngine;
  /** Schedules a pull of these streams. */
  schedulePull: (path: string, streams: readonly Stream[]) => void;
  /** Called for each connector when Nest creates its providers. Looking up a thousand connectors after the start would take seconds. */
  onConnectorReady: (connector: SyncConnector, backend: Backend) => void;
}

export interface ConnectorRegistration {
  path: string;
  apiKeys: ApiKeySet;
  /** The class of the module. Each connector needs a class of its own, because Nest stores the path of a module on its class. */
  moduleClass: Type;
  module: DynamicModule;
}

export function createConnectorModule(
  config: ConnectorConfig,
  dependencies: ConnectorDependencies,
): ConnectorRegistration {
  class ConnectorModule {}
  const apiKeys = new ApiKeySet(config.apiKeys);
  return {
    path: config.path,
    apiKeys,
    moduleClass: ConnectorModule,
    module: {
      module: ConnectorModule,
      controllers: [FeedsController, BalancesController, OrdersController, WebhooksController],
      providers: [
        ...createPluginProviders(config, new StoredRecordLookup(config.path, dependencies.store)),
        ...createContractProviders(config, dependencies),
      ],
    },
  };
}

/**
 * Creates the providers that the controllers of the contract inject. Each connector has its own providers, so their number is kept small.
 */
function createContractProviders(config: ConnectorConfig, dependencies: ConnectorDependencies): Provider[] {
  const { path, syncIntervalMs: pullIntervalMs } = config;
  return [
    {
      provide: BACKEND,
      inject: [PSP_CLIENT],
      useFactory: (psp: PspClient) => createBackend(config, psp, dependencies),
    },
    {
      provide: WEBHOOK_RECEIVER,
      inject: [PSP_CLIENT],
      useFactory: (client: PspClient) => {
        const { sync, limiter, lineLimiter } = dependencies;
        const pull = (streams: readonly Stream[]) => dependencies.schedulePull(path, streams);
        return new WebhookHandler(
          path,
          new WebhookTrigger({ path, client, pullIntervalMs }, sync, pull),
          limiter,
          sync.logger,
          lineLimiter,
        );
      },
    },
  ];
}

function createBackend(
  config: ConnectorConfig,
  client: PspClient,
  dependencies: ConnectorDependencies,
): Backend {
  const { path, syncIntervalMs: pullIntervalMs, balanceValidity } = config;
  const { store, cache, rowWatcher, readers, sync } = dependencies;
  const orders = openOrders(config, client, dependencies.orders);
  const connector: SyncConnector = {
    path,
    client,
    pullIntervalMs,
    accountMetadata: createAccountMetadata(config),
    ...(balanceValidity === undefined ? {} : { balanceValidity }),
    completeness: config.plugin.completeness?.(config.settings) ?? { isComparable: true },
    ...(orders ? { transactionMatcher: orders.matcher } : {}),
    onAccountsAdded: (accountIds) => void reader.storeFirstBalances(accountIds),
  };
  const reader = new BalanceService(store, connector, sync);
  const backend = new ConnectorBackend(path, store, cache, reader, rowWatcher, readers, orders?.service);
  dependencies.onConnectorReady(connector, backend);
  return backend;
}

/**
 * Returns the metadata of a connector's accounts. Dynamic pools of Formance use the metadata to select the accounts of a connector, a
 * plugin or a tenant.
 */
function createAccountMetadata({ path, plugin, tenant }: ConnectorConfig): Metadata {
  return {
    'com.tributary.spec/connector': path,
    'com.tributary.spec/plugin': plugin.name,
    'com.tributary.spec/tenant': tenant,
  };
}

/**
 * Opens the orders of a connector.
 * @returns `undefined` if the PSP client cannot make payments
 * @throws Error if the plugin can pay but has no `orders` that describe how its PSP recognises repeated requests
 */
function openOrders(
  { path, plugin, orders: limits }: ConnectorConfig,
  client: PspClient,
  engine: OrderEngine,
) {
  if (!canPay(client)) return undefined;
  if (!plugin.orders) {
    throw new Error(
      `the plugin ${plugin.name} pays, but has no "orders" that say how its PSP recognises a repeat`,
    );
  }
  return engine.addConnector({ path, plugin: plugin.name, client, idempotency: plugin.orders, limits });
}
