/** Creates the Nest module of one connector: the plugin, its settings, its keys and the contract's controllers. */
import { ApiKeySet, type FailureLimiter } from '@tributary/auth';
import { BACKEND, PSP_CLIENT, type Metadata, type PspClient, type Stream } from '@tributary/connector-api';
import {
  BalancesController,
  FeedsController,
  OrdersController,
  WEBHOOK_RECEIVER,
  WebhooksController,
} from '@tributary/connector-api/contract';
import type { Store } from '@tributary/feed';
import type { ConnectorOrders, OrderEngine } from '@tributary/orders';
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
  /** Called for each new connector when Nest creates its providers. Looking up a thousand connectors after the start would take seconds. */
  onConnectorReady: (connector: RunningConnector) => void;
}

/** The objects of one connector. A reload of the deployment file keeps them if the connector did not change. */
export interface RunningConnector {
  config: ConnectorConfig;
  sync: SyncConnector;
  backend: ConnectorBackend;
  webhooks: WebhookHandler;
  /** Absent if the connector cannot pay. */
  orders: ConnectorOrders | undefined;
}

export interface ConnectorRegistration {
  path: string;
  apiKeys: ApiKeySet;
  /** The class of the module. Each connector needs a class of its own, because Nest stores the path of a module on its class. */
  moduleClass: Type;
  module: DynamicModule;
}

/**
 * Creates the module of a connector.
 * @param running the objects of a connector that did not change since the last load of the deployment file; if absent, they are created
 */
export function createConnectorModule(
  config: ConnectorConfig,
  dependencies: ConnectorDependencies,
  running?: RunningConnector,
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
      providers: running
        ? [
            { provide: BACKEND, useValue: running.backend },
            { provide: WEBHOOK_RECEIVER, useValue: running.webhooks },
          ]
        : [
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
  return [
    {
      provide: RUNNING_CONNECTOR,
      inject: [PSP_CLIENT],
      useFactory: (psp: PspClient) => {
        const running = createRunningConnector(config, psp, dependencies);
        dependencies.onConnectorReady(running);
        return running;
      },
    },
    { provide: BACKEND, inject: [RUNNING_CONNECTOR], useFactory: ({ backend }: RunningConnector) => backend },
    {
      provide: WEBHOOK_RECEIVER,
      inject: [RUNNING_CONNECTOR],
      useFactory: ({ webhooks }: RunningConnector) => webhooks,
    },
  ];
}

const RUNNING_CONNECTOR = Symbol('RUNNING_CONNECTOR');

function createRunningConnector(
  config: ConnectorConfig,
  client: PspClient,
  dependencies: ConnectorDependencies,
): RunningConnector {
  const { path, syncIntervalMs: pullIntervalMs, balanceValidity } = config;
  const { store, cache, rowWatcher, readers, sync, limiter, lineLimiter } = dependencies;
  const orders = createOrders(config, client, dependencies.orders);
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
  const pull = (streams: readonly Stream[]) => dependencies.schedulePull(path, streams);
  const trigger = new WebhookTrigger({ path, client, pullIntervalMs }, sync, pull);
  const webhooks = new WebhookHandler(path, trigger, limiter, sync.logger, lineLimiter);
  return { config, sync: connector, backend, webhooks, orders };
}

/**
 * Returns the metadata of a connector's accounts. Dynamic pools of Formance use the metadata to select the accounts of a connector, a
 * plugin or a tenant. A renamed connector keeps its first path here, because the accounts that Formance already has keep theirs.
 */
function createAccountMetadata({ path, originalPath, plugin, tenant }: ConnectorConfig): Metadata {
  return {
    'com.tributary.spec/connector': originalPath ?? path,
    'com.tributary.spec/plugin': plugin.name,
    'com.tributary.spec/tenant': tenant,
  };
}

/**
 * Creates the orders of a connector.
 * @returns `undefined` if the PSP client cannot make payments
 * @throws Error if the plugin can pay but has no `orders` that describe how its PSP recognises repeated requests
 */
function createOrders(
  { path, originalPath, plugin, orders: limits }: ConnectorConfig,
  client: PspClient,
  engine: OrderEngine,
) {
  if (!canPay(client)) return undefined;
  if (!plugin.orders) {
    throw new Error(
      `the plugin ${plugin.name} pays, but has no "orders" that say how its PSP recognises a repeat`,
    );
  }
  return engine.createConnectorOrders({
    ...{ path, plugin: plugin.name, client, limits },
    ...(originalPath !== undefined && { originalPath }),
    idempotency: plugin.orders,
  });
}
