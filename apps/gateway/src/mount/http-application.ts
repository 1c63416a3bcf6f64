/**
 * Creates the HTTP application of one load of the deployment file: the Nest modules with all routes. A reload creates a new application. The
 * former one still finishes the requests that it has begun.
 */
import { ApiKeySet, type FailureLimiter } from '@tributary/auth';
import type { Backend } from '@tributary/connector-api';
import { ContractErrorFilter } from '@tributary/connector-api/contract';
import type { Store } from '@tributary/feed';
import type { SyncEngine } from '@tributary/sync';
import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory, RouterModule } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { RequestListener } from 'node:http';
import type { Registry } from 'prom-client';
import { createDeploymentModule } from '../config/deployment.provider.js';
import type { Deployment } from '../config/settings/loaded-deployment.types.js';
import { ConsoleModule } from '../console/console.module.js';
import type { GracefulShutdown } from '../http/graceful-shutdown.js';
import { HealthAndMetricsModule } from '../http/health-and-metrics.module.js';
import { HttpAdapter } from '../http/http-adapter.js';
import { installListFastPath } from '../http/list-fast-path.js';
import { createNotFoundHandler } from '../http/not-found-handler.js';
import type { RequestObserver } from '../http/request-observer.js';
import { installRouteAuthorization } from '../http/route-authorization.js';
import {
  findMatchedRoute,
  findRequestedConnector,
  type ConnectorPathSet,
} from '../http/shared-route-table.js';
import { NestLogger, type LogLineLimiter, type Logger } from '../logging/index.js';
import type { DeploymentReloader } from '../reload/deployment-reloader.js';
import type { ChangeEvents } from '../operator/change-events.js';
import { installOperatorApi } from '../operator/operator-api.js';
import { readPackageVersion } from '../package-version.js';
import { isSameConnector } from '../reload/compare-deployments.js';
import { ApiDocs } from './api-docs.js';
import { ApiDocsModule } from './api-docs.module.js';
import {
  createConnectorModule,
  type ConnectorDependencies,
  type ConnectorRegistration,
  type RunningConnector,
} from './connector.module.js';
import { freeStartupMemory } from './free-startup-memory.js';
import { StartPageModule } from './start-page.module.js';

/** The objects that all HTTP applications of a gateway share. */
export interface SharedParts {
  store: Store;
  registry: Registry;
  logger: Logger;
  limiter: FailureLimiter;
  loginLimiter: FailureLimiter;
  lineLimiter: LogLineLimiter;
  gracefulShutdown: GracefulShutdown;
  requestObserver: RequestObserver;
  changeEvents: ChangeEvents;
  connectors: Omit<ConnectorDependencies, 'onConnectorReady'>;
  getSyncEngine: () => SyncEngine;
  /** Absent if the gateway was not started with a deployment file. */
  getReloader: () => DeploymentReloader | undefined;
}

export interface HttpApplication {
  deployment: Deployment;
  /** The connectors in the order of the deployment file. */
  connectors: RunningConnector[];
  handle: RequestListener;
  close(): Promise<void>;
}

/**
 * Creates the application without serving it.
 * @param former the application that is served now; its connectors that did not change are used again
 * @throws Error if a connector cannot be created. The objects that were created until then do nothing and can be dropped
 */
export async function createHttpApplication(
  deployment: Deployment,
  shared: SharedParts,
  former?: HttpApplication,
): Promise<HttpApplication> {
  const { store, registry, logger, limiter, lineLimiter, gracefulShutdown } = shared;
  const running = findUnchangedConnectors(deployment, former);
  const unchanged = new Set(running.keys());
  const registrations: ConnectorRegistration[] = deployment.connectors.map((config) =>
    createConnectorModule(
      config,
      {
        ...shared.connectors,
        onConnectorReady: (connector) => running.set(config.path, connector),
      },
      unchanged.has(config.path) ? running.get(config.path) : undefined,
    ),
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
  const backends = new Map<string, Backend>();
  const adapter = new HttpAdapter({
    trustProxy: deployment.listen.trustProxy,
    connectors: keySets.connectors,
    onUnknownRoute: createNotFoundHandler(keySets.connectors, limiter),
  });
  const fastify = adapter.getInstance();
  installRouteAuthorization(fastify, keySets, limiter);
  installListFastPath(fastify, backends);
  installOperatorApi(fastify, {
    ...{ store, deployment, version: readPackageVersion(), loginLimiter: shared.loginLimiter },
    changeEvents: shared.changeEvents,
    retryPulls: (path, streams) => shared.getSyncEngine().retryPulls(path, streams),
    reloader: shared.getReloader(),
  });
  gracefulShutdown.observe(fastify);
  shared.requestObserver.observe(fastify, keySets.connectors);
  const app = await startNestApplication(
    adapter,
    createRootModule(registrations, [
      await createDeploymentModule(deployment),
      HealthAndMetricsModule.forRoot(registry, {
        isDraining: () => gracefulShutdown.isDraining,
        checkStore: () => store.checkWritable(),
      }),
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
  await fastify.ready();
  for (const [path, { backend }] of running) backends.set(path, backend);
  return {
    deployment,
    connectors: deployment.connectors.flatMap(({ path }) => running.get(path) ?? []),
    handle: (request, response) => fastify.routing(request, response),
    close: () => app.close(),
  };
}

/** Returns the connectors that the former application has, and that are the same in the new deployment. */
function findUnchangedConnectors(
  deployment: Deployment,
  former: HttpApplication | undefined,
): Map<string, RunningConnector> {
  const next = new Map(deployment.connectors.map((config) => [config.path, config]));
  const unchanged = (former?.connectors ?? []).filter(({ config }) => {
    const same = next.get(config.path);
    return same !== undefined && isSameConnector(config, same);
  });
  return new Map(unchanged.map((connector) => [connector.config.path, connector]));
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
