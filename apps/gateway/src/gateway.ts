/** Assembles the gateway from a deployment: the store, the connectors, sync, orders and the HTTP server. */
import { FailureLimiter } from '@tributary/auth';
import { openStore, startHeartbeat, type Store, type StoreChangedError } from '@tributary/feed';
import { OrderEngine, StoreClock } from '@tributary/orders';
import { SyncEngine, systemClock, type SyncOptions } from '@tributary/sync';
import type { AddressInfo } from 'node:net';
import { Gauge, Registry } from 'prom-client';
import type { LoadedDeployment } from './config/load-deployment.js';
import { toDeploymentIdentity } from './mount/connector-identity.js';
import type { Deployment } from './config/settings/loaded-deployment.types.js';
import { FrontServer } from './http/front-server.js';
import { GracefulShutdown } from './http/graceful-shutdown.js';
import { RequestObserver } from './http/request-observer.js';
import { createLogger, LogLineLimiter, SecretRedactor, type Logger } from './logging/index.js';
import { ApplicationSwitcher } from './mount/application-switcher.js';
import { createHttpApplication, type SharedParts } from './mount/http-application.js';
import { ChangeEvents } from './operator/change-events.js';
import { createLoginLimiter } from './operator/operator-api.js';
import { FeedRowWatcher } from './mount/feed-row-watcher.js';
import { PageCache } from './mount/page-cache.js';
import { ReaderPositionRecorder } from './mount/reader-position-recorder.js';
import { registerReaderMetrics } from './mount/reader-metrics.js';
import { createAlertTasks } from './alerts/create-alert-tasks.js';
import { createReconciliationTasks } from './reconciliation/create-reconciliation-tasks.js';
import { registerReconciliationMetrics } from './reconciliation/reconciliation-metrics.js';
import { DeploymentReloader } from './reload/deployment-reloader.js';
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
  /** The load of the deployment file, if the gateway can reload it. */
  loaded?: LoadedDeployment;
  /** Removes the secrets from messages. The secrets of each load of the deployment file are added to it. */
  redactor?: SecretRedactor;
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
  /**
   * Serves another deployment instead of the present one, completely or not at all. Calls must not overlap.
   * @param beforeSwap called at the last moment at which the change can still fail
   * @throws Error if the deployment cannot be served; then nothing was changed
   */
  applyDeployment(deployment: Deployment, beforeSwap?: () => Promise<void>): Promise<void>;
  /** Reloads the deployment file; absent if the gateway was not started with a deployment file. */
  readonly reloader: DeploymentReloader | undefined;
  /** Finishes running requests and pulls, and closes the store. */
  close(): Promise<void>;
}

/**
 * Creates the gateway without listening.
 * @throws Error if the store cannot be opened or a connector cannot be created
 */
export async function createGateway(deployment: Deployment, options: GatewayOptions = {}): Promise<Gateway> {
  const redactor = options.redactor ?? new SecretRedactor(deployment.secrets);
  const logger = options.logger ?? createLogger({ redactor });
  const store = options.store ?? (await openStore(deployment.store));
  try {
    return await composeGateway(deployment, { ...options, logger, redactor }, store);
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
  const redactor = options.redactor ?? new SecretRedactor([]);
  redactor.add(deployment.secrets);
  const redact = (text: string) => redactor.redact(text);
  const sync: SyncOptions = {
    ...{ logger, registry, redact },
    onUnauthorized: (path) => reloader?.refreshSecrets(path),
  };
  const clock = await StoreClock.create(store, systemClock);
  const orders = new OrderEngine(store, { ...sync, ...deployment.orders, clock });
  await store.registerDeployment(toDeploymentIdentity(deployment));
  const storeChange = observeStoreChange(store, logger, registry);
  const lineLimiter = new LogLineLimiter(logger);
  const readers = new ReaderPositionRecorder(store);
  const frontServer = new FrontServer();
  const gracefulShutdown = new GracefulShutdown(frontServer.server);
  registerStoreMetrics(registry, store, () => switcher.deployment);
  const createTasks = (next: Deployment) => createDeploymentTasks(next, store, logger, redact);
  const tasks = new TaskRunner(store, createTasks(deployment), logger);
  const rowWatcher = new FeedRowWatcher(store);
  const changeEvents = new ChangeEvents(store, logger);
  const shared = createSharedParts({
    ...{ store, registry, logger, lineLimiter, gracefulShutdown, changeEvents, readers, rowWatcher },
    ...{ sync, orders, getSyncEngine: () => syncEngine, getReloader: () => reloader },
  });
  const applyDeployment: Gateway['applyDeployment'] = (...change) => switcher.applyDeployment(...change);
  const reloader =
    options.loaded &&
    new DeploymentReloader(options.loaded, deployment, {
      ...{ logger, registry, redactor, apply: applyDeployment },
      recordAuditEvent: (entry) => store.operator().recordAuditEvent(entry),
    });
  const application = await createHttpApplication(deployment, shared);
  const syncEngine = new SyncEngine(
    store,
    application.connectors.map((connector) => connector.sync),
    sync,
  );
  const switcher = new ApplicationSwitcher(application, {
    ...{ store, shared, syncEngine, orders, tasks, createTasks, frontServer },
  });
  return new RunningGateway({
    ...{ deployment, options, frontServer, gracefulShutdown, rowWatcher, store, storeChange, syncEngine },
    ...{ tasks, orders, readers, clock, logger, lineLimiter, reloader, switcher, changeEvents },
  });
}

/** The parts of a gateway that all its applications share, before they are combined for the HTTP application. */
type SharedDependencies = Omit<SharedParts, 'limiter' | 'loginLimiter' | 'requestObserver' | 'connectors'> &
  Pick<SharedParts['connectors'], 'readers' | 'rowWatcher' | 'sync' | 'orders'>;

function createSharedParts(dependencies: SharedDependencies): SharedParts {
  const { readers, rowWatcher, sync, orders, ...parts } = dependencies;
  const { store, registry, logger, lineLimiter, getSyncEngine } = parts;
  const limiter = new FailureLimiter();
  return {
    ...parts,
    limiter,
    loginLimiter: createLoginLimiter(),
    requestObserver: new RequestObserver(logger, lineLimiter, registry, readers),
    connectors: {
      ...{ store, rowWatcher, readers, limiter, lineLimiter, sync, orders },
      cache: new PageCache(PAGE_CACHE_BYTES),
      // A webhook of a removed connector can still be in progress.
      schedulePull: (path, streams) => {
        if (getSyncEngine().hasConnector(path)) getSyncEngine().requestPull(path, streams);
      },
    },
  };
}

/** Registers the metrics that are read from the store for the connectors and policies of the present deployment. */
function registerStoreMetrics(registry: Registry, store: Store, getDeployment: () => Deployment): void {
  registerReaderMetrics(registry, store, () => getDeployment().connectors.map(({ path }) => path));
  registerReconciliationMetrics(registry, store.reconciliation(), () =>
    getDeployment().policies.map(({ policy }) => policy.name),
  );
}

function createDeploymentTasks(
  deployment: Deployment,
  store: Store,
  logger: Logger,
  redact: (text: string) => string,
) {
  return [
    ...createReconciliationTasks(deployment, store, logger),
    ...createAlertTasks(deployment, store, logger, redact),
  ];
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

interface GatewayParts {
  deployment: Deployment;
  options: GatewayOptions;
  frontServer: FrontServer;
  gracefulShutdown: GracefulShutdown;
  rowWatcher: FeedRowWatcher;
  changeEvents: ChangeEvents;
  store: Store;
  reloader: DeploymentReloader | undefined;
  switcher: ApplicationSwitcher;
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
  readonly reloader: DeploymentReloader | undefined;
  private stopHeartbeat = () => {};
  private closing: Promise<void> | undefined;
  private address = '';

  constructor(private readonly parts: GatewayParts) {
    this.store = parts.store;
    this.reloader = parts.reloader;
    this.storeChange = parts.storeChange;
    this.syncEngine = parts.syncEngine;
  }

  get url(): string {
    return this.address;
  }

  async listen(): Promise<string> {
    const { deployment, options, logger, frontServer } = this.parts;
    const { host, port } = deployment.listen;
    try {
      await frontServer.listen({ port, host, backlog: TCP_BACKLOG });
    } catch (error) {
      throw createListenError(error, host, port);
    }
    const bound = (frontServer.server.address() as AddressInfo).port;
    this.address = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
    logger.info({ url: this.address, connectors: deployment.connectors.length }, 'listening');
    if (options.sync ?? true) this.syncEngine.start();
    this.parts.clock.start();
    this.parts.readers.start();
    this.parts.tasks.start();
    this.stopHeartbeat = startHeartbeat(this.store);
    this.parts.orders.start();
    this.reloader?.start();
    return this.address;
  }

  applyDeployment(deployment: Deployment, beforeSwap?: () => Promise<void>): Promise<void> {
    return this.parts.switcher.applyDeployment(deployment, beforeSwap);
  }

  close(): Promise<void> {
    return (this.closing ??= this.shutDown());
  }

  private async shutDown(): Promise<void> {
    const { gracefulShutdown, rowWatcher, options, store, syncEngine, tasks, orders, readers } = this.parts;
    const { clock, logger, lineLimiter, reloader, frontServer, switcher } = this.parts;
    logger.info('stopping');
    await reloader?.stop();
    rowWatcher.stop();
    await this.parts.changeEvents.stop();
    await Promise.all([
      syncEngine.stop(),
      tasks.stop(),
      gracefulShutdown.start(options.drainTimeoutMs ?? DRAIN_TIMEOUT_MS),
    ]);
    await gracefulShutdown.finish(() => {
      switcher.stopConnectors();
      return frontServer.close();
    });
    await switcher.close();
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
