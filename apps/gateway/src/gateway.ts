/** Assembles the gateway from a deployment: the store, the connectors, sync, orders and the HTTP server. */
import { FailureLimiter, ApiKeySet } from '@tributary/auth';
import type { Backend } from '@tributary/connector-api';
import { ContractErrorFilter } from '@tributary/connector-api/contract';
import { openStore, startHeartbeat, type Store, type StoreChangedError } from '@tributary/feed';
import { OrderEngine, StoreClock } from '@tributary/orders';
import { SyncEngine, systemClock, type SyncConnector, type SyncOptions } from '@tributary/sync';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory, RouterModule } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { AddressInfo } from 'node:net';
import { Gauge, Registry } from 'prom-client';
import { toDeploymentIdentity } from './mount/connector-identity.js';
import { createDeploymentModule } from './config/deployment.provider.js';
import type { Deployment } from './config/settings/loaded-deployment.types.js';
import { HttpAdapter } from './http/http-adapter.js';
import { installListFastPath } from './http/list-fast-path.js';
import { installRouteAuthorization } from './http/route-authorization.js';
import { GracefulShutdown } from './http/graceful-shutdown.js';
import { HealthAndMetricsModule } from './http/health-and-metrics.module.js';
import {
  findMatchedRoute,
  findRequestedConnector,
  type ConnectorPathSet,
} from './http/shared-route-table.js';
import { RequestObserver } from './http/request-observer.js';
import { createNotFoundHandler } from './http/not-found-handler.js';
import { createLogger, LogLineLimiter, NestLogger, SecretRedactor, type Logger } from './logging/index.js';
import {
  createConnectorModule,
  type ConnectorRegistration,
  type ConnectorDependencies,
} from './mount/connector.module.js';
import { ApiDocsModule } from './mount/api-docs.module.js';
import { ApiDocs } from './mount/api-docs.js';
import { ConsoleModule } from './console/console.module.js';
import { StartPageModule } from './mount/start-page.module.js';
import { installOperatorApi } from './operator/operator-api.js';
import { readPackageVersion } from './package-version.js';
import { freeStartupMemory } from './mount/free-startup-memory.js';
import { FeedRowWatcher } from './mount/feed-row-watcher.js';
import { PageCache } from './mount/page-cache.js';
import { ReaderPositionRecorder } from './mount/reader-position-recorder.js';
import { registerReaderMetrics } from './mount/reader-metrics.js';
import { createAlertTasks } from './alerts/create-alert-tasks.js';
import { createReconciliationTasks } from './reconciliation/create-reconciliation-tasks.js';
import { registerReconciliationMetrics } from './reconciliation/reconciliation-metrics.js';
import { TaskRunner } from './tasks/task-runner.js';

const PAGE_CACHE_BYTES = 64 * 1024 * 1024;
/**
 * Time in ms for a client to send its next request after the shutdown has begun. The response to this request announces that the connection
 * will be closed.
 */
const DRAIN_TIMEOUT_MS = 1000;

/**
 * The maximum length of the TCP accept queue. The operating system can have a lower limit. With Node's default of 511, further connections
 * are dropped, and TCP retries them after 1, 3 and 7 s.
 */
const TCP_BACKLOG = 4096;

export interface GatewayOptions {
  /** The logger. By default, JSON lines are written to standard output, without the secrets of the deployment. */
  logger?: Logger;
  /** The registry for the metrics of the gateway. The caller can register further metrics in it. */
  registry?: Registry;
  /** True if the gateway pulls streams while it listens. The default is true. */
  sync?: boolean;
  /** Time in milliseconds in which connected clients are served before the port closes. */
  drainTimeoutMs?: number;
  /** A store that the caller has opened. The gateway closes it. If it is absent, the gateway opens the store of the deployment. */
  store?: Store;
}

export interface Gateway {
  /** The URL of the gateway, e.g. `http://127.0.0.1:3000`. It is empty until the gateway listens. */
  readonly url: string;
  readonly store: Store;
  /**
   * Resolves when the database is no longer the store that the gateway opened, or is in an older state. After this, every request gets a
   * 503.
   */
  readonly storeChange: Promise<StoreChangedError>;
  /** Pulls the streams of all connectors. `listen()` starts it. */
  readonly syncEngine: SyncEngine;
  /**
   * Starts the HTTP server, sync and orders.
   * @returns the URL
   * @throws Error if the gateway cannot listen on the configured host and port
   */
  listen(): Promise<string>;
  /** Finishes running requests and pulls, and closes the store. */
  close(): Promise<void>;
}

/**
 * Creates the gateway without listening.
 * @throws Error if the store cannot be opened or a connector cannot be created
 */
export async function createGateway(deployment: Deployment, options: GatewayOptions = {}): Promise<Gateway> {
  const logger = options.logger ?? createLogger({ secrets: deployment.secrets });
  const store = options.store ?? (await openStore(deployment.store));
  try {
    return await composeGateway(deployment, { ...options, logger }, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function composeGateway(
  deployment: Deployment,
  options: GatewayOptions & { logger: Logger },
  store: Store,
): Promise<Gateway> {
  const { logger, registry = new Registry() } = options;
  const redactor = new SecretRedactor(deployment.secrets);
  const sync: SyncOptions = { logger, registry, redact: (text) => redactor.redact(text) };
  const clock = await StoreClock.create(store, systemClock);
  const orders = new OrderEngine(store, { ...sync, ...deployment.orders, clock });
  await store.registerDeployment(toDeploymentIdentity(deployment));
  const storeChange = observeStoreChange(store, logger, registry);
  const limiter = new FailureLimiter();
  const lineLimiter = new LogLineLimiter(logger);
  const readers = new ReaderPositionRecorder(store);
  registerReaderMetrics(
    registry,
    store,
    deployment.connectors.map(({ path }) => path),
  );
  registerReconciliationMetrics(
    registry,
    store.reconciliation(),
    deployment.policies.map(({ policy }) => policy.name),
  );
  const tasks = new TaskRunner(
    store,
    [
      ...createReconciliationTasks(deployment, store, logger),
      ...createAlertTasks(deployment, store, logger, (text) => redactor.redact(text)),
    ],
    logger,
  );
  const connectors: SyncConnector[] = [];
  const backends = new Map<string, Backend>();
  const rowWatcher = new FeedRowWatcher(store);
  const dependencies: ConnectorDependencies = {
    store,
    cache: new PageCache(PAGE_CACHE_BYTES),
    rowWatcher,
    readers,
    limiter,
    lineLimiter,
    sync,
    orders,
    schedulePull: (path, streams) => syncEngine.requestPull(path, streams),
    onConnectorReady: (connector, backend) => {
      connectors.push(connector);
      backends.set(connector.path, backend);
    },
  };
  const registrations: ConnectorRegistration[] = deployment.connectors.map((connector) =>
    createConnectorModule(connector, dependencies),
  );
  const keySets = {
    connectors: new Map(registrations.map(({ path, apiKeys }) => [path, apiKeys])),
    // If the deployment has no operator keys, every request to an operator route is rejected. Keys of tenants are not included, because the
    // metrics contain the data of all tenants.
    operator: new ApiKeySet(
      deployment.operatorKeys
        .filter(({ tenant, scopes }) => tenant === undefined && scopes.includes('read'))
        .map(({ hash }) => ({ hash, scopes: ['read'] })),
    ),
  };
  const docs = new ApiDocs(keySets.connectors);
  const adapter = new HttpAdapter({
    trustProxy: deployment.listen.trustProxy,
    connectors: keySets.connectors,
    onUnknownRoute: createNotFoundHandler(keySets.connectors, limiter),
  });
  installRouteAuthorization(adapter.getInstance(), keySets, limiter);
  installListFastPath(adapter.getInstance(), backends);
  installOperatorApi(adapter.getInstance(), {
    ...{ store, deployment, version: readPackageVersion() },
    retryPulls: (path, streams) => syncEngine.retryPulls(path, streams),
  });
  const gracefulShutdown = new GracefulShutdown(adapter.getInstance());
  new RequestObserver(logger, lineLimiter, registry, keySets.connectors, readers).observe(
    adapter.getInstance(),
  );
  const operator = HealthAndMetricsModule.forRoot(registry, {
    isDraining: () => gracefulShutdown.isDraining,
    checkStore: () => store.checkWritable(),
  });
  const app = await startNestApplication(
    adapter,
    createRootModule(registrations, [
      await createDeploymentModule(deployment),
      operator,
      StartPageModule.forRoot({
        connectors: deployment.connectors.map(({ path, plugin }) => ({ path, plugin: plugin.name })),
        docs: deployment.docs,
        console: deployment.console,
      }),
      ...(deployment.console ? [ConsoleModule.forRoot()] : []),
      ...(deployment.docs ? [ApiDocsModule.forRoot(docs)] : []),
    ]),
    keySets.connectors,
    { logger, lineLimiter },
  );
  const syncEngine = new SyncEngine(store, connectors, sync);
  return new RunningGateway(app, {
    deployment,
    options,
    gracefulShutdown,
    rowWatcher,
    store,
    storeChange,
    syncEngine,
    tasks,
    orders,
    readers,
    clock,
    logger,
    lineLimiter,
  });
}

/**
 * Logs and counts a change of the store.
 * @returns a promise that resolves with the change
 */
function observeStoreChange(store: Store, logger: Logger, registry: Registry): Promise<StoreChangedError> {
  const gauge = new Gauge({
    name: 'tributary_store_changed',
    help: '1 when the database is no longer the store that this gateway opened; it serves nothing until it is restarted',
    registers: [registry],
  });
  gauge.set(0);
  return new Promise((resolve) =>
    store.onChange((error) => {
      gauge.set(1);
      logger.error({ store: error.store, reason: error.reason }, 'the store changed under this gateway');
      resolve(error);
    }),
  );
}

function createRootModule(
  registrations: readonly ConnectorRegistration[],
  others: readonly DynamicModule[],
): DynamicModule {
  @Module({})
  class GatewayModule {}
  const routes = registrations.map(({ path, moduleClass }) => ({ path, module: moduleClass }));
  return {
    module: GatewayModule,
    imports: [...others, ...registrations.map(({ module }) => module), RouterModule.register(routes)],
  };
}

async function startNestApplication(
  adapter: HttpAdapter,
  root: DynamicModule,
  connectors: ConnectorPathSet,
  { logger, lineLimiter }: { logger: Logger; lineLimiter: LogLineLimiter },
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    logger: new NestLogger(logger),
    abortOnError: false,
    bodyParser: false,
  });
  const logError = (error: unknown, request: FastifyRequest) => {
    const connector = findRequestedConnector(request, connectors);
    const group = { of: 'request failed', level: 'error', ...(connector ? { connector } : {}) } as const;
    if (!lineLimiter.admit(group, request.ip)) return;
    const route = findMatchedRoute(request, connectors);
    logger.error({ err: error, request: request.id, route }, 'request failed');
  };
  app.useGlobalFilters(new ContractErrorFilter(logError));
  await app.init();
  freeStartupMemory(app);
  return app;
}

interface GatewayParts {
  deployment: Deployment;
  options: GatewayOptions;
  gracefulShutdown: GracefulShutdown;
  rowWatcher: FeedRowWatcher;
  store: Store;
  storeChange: Promise<StoreChangedError>;
  syncEngine: SyncEngine;
  tasks: TaskRunner;
  orders: OrderEngine;
  readers: ReaderPositionRecorder;
  clock: StoreClock;
  logger: Logger;
  lineLimiter: LogLineLimiter;
}

class RunningGateway implements Gateway {
  readonly store: Store;
  readonly storeChange: Promise<StoreChangedError>;
  readonly syncEngine: SyncEngine;
  private stopHeartbeat = () => {};
  private closing: Promise<void> | undefined;
  private address = '';

  constructor(
    private readonly app: NestFastifyApplication,
    private readonly parts: GatewayParts,
  ) {
    this.store = parts.store;
    this.storeChange = parts.storeChange;
    this.syncEngine = parts.syncEngine;
  }

  get url(): string {
    return this.address;
  }

  async listen(): Promise<string> {
    const { deployment, options, logger } = this.parts;
    const { host, port } = deployment.listen;
    try {
      await this.app.listen({ port, host, backlog: TCP_BACKLOG });
    } catch (error) {
      throw createListenError(error, host, port);
    }
    const bound = (this.app.getHttpServer().address() as AddressInfo).port;
    this.address = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
    logger.info({ url: this.address, connectors: deployment.connectors.length }, 'listening');
    if (options.sync ?? true) this.syncEngine.start();
    this.parts.clock.start();
    this.parts.readers.start();
    this.parts.tasks.start();
    this.stopHeartbeat = startHeartbeat(this.store);
    this.parts.orders.start();
    return this.address;
  }

  close(): Promise<void> {
    return (this.closing ??= this.shutDown());
  }

  private async shutDown(): Promise<void> {
    const { gracefulShutdown, rowWatcher, options, store, syncEngine, tasks, orders, readers } = this.parts;
    const { clock, logger, lineLimiter } = this.parts;
    logger.info('stopping');
    rowWatcher.stop();
    await Promise.all([
      syncEngine.stop(),
      tasks.stop(),
      gracefulShutdown.start(options.drainTimeoutMs ?? DRAIN_TIMEOUT_MS),
    ]);
    await gracefulShutdown.finish(() => this.app.close());
    lineLimiter.stop();
    // Orders are stopped after the HTTP server, because running requests can still submit orders.
    await orders.stop();
    await readers.stop();
    clock.stop();
    this.stopHeartbeat();
    await store.close();
    logger.info('stopped');
  }
}

const LISTEN_ERROR_ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there; stop it, or take another port with --port or listen.port',
  EACCES: 'the process has no permission for this port; take a port from 1024 on with --port or listen.port',
  EADDRNOTAVAIL: 'this machine has no such address; change --host or listen.host',
  ENOTFOUND: 'there is no such host; change --host or listen.host',
};

function createListenError(error: unknown, host: string, port: number): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const advice = LISTEN_ERROR_ADVICE[code] ?? (error instanceof Error ? error.message : String(error));
  return new Error(`cannot listen on ${host}:${port}: ${advice}`, { cause: error });
}
