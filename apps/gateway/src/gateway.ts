/** Composes the gateway from a deployment: the store, the connectors, sync, orders and the HTTP server. */
import { FailureLimiter, KeyRing } from '@tributary/auth';
import type { Backend } from '@tributary/connector-api';
import { ContractErrorFilter, describeContract } from '@tributary/connector-api/contract';
import { openStore, type Store } from '@tributary/feed';
import { OrderEngine, StoreTime, type OrderPace } from '@tributary/orders';
import { SyncEngine, systemClock, type SyncConnector, type SyncOptions } from '@tributary/sync';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory, RouterModule } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { packageVersion } from './cli/version.js';
import { deploymentConfig } from './config/deployment-config.js';
import type { Deployment } from './config/deployment.js';
import { HttpAdapter } from './http/adapter.js';
import { answerLists } from './http/lists.js';
import { guardRoutes } from './http/doors.js';
import { Drain } from './http/drain.js';
import { OperatorModule } from './http/operator.module.js';
import { servedRoute, type Mounted } from './http/mounted-routes.js';
import { RequestObserver } from './http/request-observer.js';
import { unknownRoute } from './http/unknown-route.js';
import { createLogger, NestLog, Scrubber, type Logger } from './logging/index.js';
import { mountConnector, type MountedConnector, type Shared } from './mount/connector.module.js';
import { DocsModule } from './mount/docs.controller.js';
import { Docs } from './mount/docs.js';
import { forgetLoading } from './mount/forget-loading.js';
import { PageCache } from './mount/page-cache.js';

const PAGE_CACHE_BYTES = 64 * 1024 * 1024;
/** Long enough for a client to send its next request, and to learn from the response that the connection closes. */
const DRAIN = 1000;

/**
 * Size of the TCP accept queue; the operating system can have a lower limit.
 * With Node's default of 511, extra connections are dropped, and TCP retries them after 1, 3 and 7 s.
 */
const BACKLOG = 4096;

export interface GatewayOptions {
  /** By default the gateway logs JSON lines to standard output and redacts the deployment's secrets. */
  logger?: Logger;
  /** Registry for the gateway's metrics; the caller can register its own metrics in it. */
  registry?: Registry;
  /** Whether the gateway pulls streams while it listens; true by default. */
  sync?: boolean;
  /** Overrides timeouts and delays of orders. Tests use shorter ones. */
  pace?: Partial<OrderPace>;
  /** Time in milliseconds in which connected clients are served before the port closes. */
  drainFor?: number;
  /** A store that the caller has opened; the gateway closes it. If absent, the gateway opens the deployment's store. */
  store?: Store;
}

export interface Gateway {
  /** For example `http://127.0.0.1:3000`; empty until the gateway listens. */
  readonly url: string;
  readonly store: Store;
  /** Pulls streams; `listen()` starts it. */
  readonly engine: SyncEngine;
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
  const scrubber = new Scrubber(deployment.secrets);
  const sync: SyncOptions = { logger, registry, redact: (text) => scrubber.scrub(text) };
  const clock = await StoreTime.of(store, systemClock);
  const orders = new OrderEngine(store, {
    ...sync,
    clock,
    ...(options.pace ? { pace: options.pace } : {}),
  });
  const limiter = new FailureLimiter();
  const connectors: SyncConnector[] = [];
  const backends = new Map<string, Backend>();
  const shared: Shared = {
    store,
    cache: new PageCache(PAGE_CACHE_BYTES),
    limiter,
    sync,
    orders,
    pull: (path, streams) => engine.pull(path, streams),
    onMounted: (connector, backend) => {
      connectors.push(connector);
      backends.set(connector.path, backend);
    },
  };
  const mounted: MountedConnector[] = deployment.connectors.map((connector) =>
    mountConnector(connector, shared),
  );
  const rings = {
    connectors: new Map(mounted.map(({ path, ring }) => [path, ring])),
    // Without operator keys, every request to an operator route is rejected.
    operator: new KeyRing(deployment.operatorKeys.map((hash) => ({ hash, scopes: ['read'] }))),
  };
  const docs = new Docs(rings.connectors, (path) =>
    describeContract(app, typeOf(mounted, path), path, packageVersion()),
  );
  const adapter = new HttpAdapter({
    trustProxy: deployment.listen.trustProxy,
    connectors: rings.connectors,
    onUnknownRoute: unknownRoute(rings.connectors, limiter),
  });
  guardRoutes(adapter.getInstance(), rings, limiter);
  answerLists(adapter.getInstance(), backends);
  const drain = new Drain(adapter.getInstance());
  new RequestObserver(logger, registry, rings.connectors).observe(adapter.getInstance());
  const operator = OperatorModule.with(registry, {
    isDraining: () => drain.isDraining,
    storeAnswers: () => store.ready(),
  });
  const app = await startNest(
    adapter,
    rootModule(mounted, [
      await deploymentConfig(deployment),
      operator,
      ...(deployment.docs ? [DocsModule.with(docs)] : []),
    ]),
    rings.connectors,
    logger,
  );
  const engine = new SyncEngine(store, connectors, sync);
  return new RunningGateway(app, { deployment, options, drain, store, engine, orders, clock, logger });
}

function typeOf(mounted: readonly MountedConnector[], path: string): MountedConnector['type'] {
  const found = mounted.find((connector) => connector.path === path);
  if (found === undefined) throw new Error(`no connector is mounted at ${path}`);
  return found.type;
}

function rootModule(mounted: readonly MountedConnector[], others: readonly DynamicModule[]): DynamicModule {
  @Module({})
  class GatewayModule {}
  const routes = mounted.map(({ path, type }) => ({ path, module: type }));
  return {
    module: GatewayModule,
    imports: [...others, ...mounted.map(({ module }) => module), RouterModule.register(routes)],
  };
}

async function startNest(
  adapter: HttpAdapter,
  root: DynamicModule,
  connectors: Mounted,
  logger: Logger,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    logger: new NestLog(logger),
    abortOnError: false,
    bodyParser: false,
  });
  const report = (error: unknown, request: FastifyRequest) =>
    logger.error(
      { err: error, request: request.id, route: servedRoute(request, connectors) },
      'request failed',
    );
  app.useGlobalFilters(new ContractErrorFilter(report));
  await app.init();
  forgetLoading(app);
  return app;
}

interface Parts {
  deployment: Deployment;
  options: GatewayOptions;
  drain: Drain;
  store: Store;
  engine: SyncEngine;
  orders: OrderEngine;
  clock: StoreTime;
  logger: Logger;
}

class RunningGateway implements Gateway {
  readonly store: Store;
  readonly engine: SyncEngine;
  private closing: Promise<void> | undefined;
  private address = '';

  constructor(
    private readonly app: NestFastifyApplication,
    private readonly parts: Parts,
  ) {
    this.store = parts.store;
    this.engine = parts.engine;
  }

  get url(): string {
    return this.address;
  }

  async listen(): Promise<string> {
    const { deployment, options, logger } = this.parts;
    const { host, port } = deployment.listen;
    try {
      await this.app.listen({ port, host, backlog: BACKLOG });
    } catch (error) {
      throw listenError(error, host, port);
    }
    const bound = (this.app.getHttpServer().address() as AddressInfo).port;
    this.address = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
    logger.info({ url: this.address, connectors: deployment.connectors.length }, 'listening');
    if (options.sync ?? true) this.engine.start();
    this.parts.clock.start();
    this.parts.orders.start();
    return this.address;
  }

  close(): Promise<void> {
    return (this.closing ??= this.end());
  }

  private async end(): Promise<void> {
    const { drain, options, store, engine, orders, clock, logger } = this.parts;
    logger.info('stopping');
    await Promise.all([engine.stop(), drain.start(options.drainFor ?? DRAIN)]);
    await drain.finish(() => this.app.close());
    // Orders stop after the HTTP server, because running requests can still submit orders.
    await orders.stop();
    clock.stop();
    await store.close();
    logger.info('stopped');
  }
}

const LISTEN_ERRORS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there; stop it, or change listen.port',
  EACCES: 'that needs more rights; take a port from 1024 on',
  EADDRNOTAVAIL: 'this machine has no such address; change listen.host',
  ENOTFOUND: 'there is no such host; change listen.host',
};

function listenError(error: unknown, host: string, port: number): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const advice = LISTEN_ERRORS[code] ?? (error instanceof Error ? error.message : String(error));
  return new Error(`cannot listen on ${host}:${port}: ${advice}`, { cause: error });
}
