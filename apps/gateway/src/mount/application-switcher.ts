/** Serves the HTTP application of a deployment, and replaces it by the application of another deployment while requests are served. */
import type { ConnectorOrders, OrderEngine } from '@tributary/orders';
import type { Store } from '@tributary/feed';
import type { SyncEngine } from '@tributary/sync';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deployment } from '../config/settings/loaded-deployment.types.js';
import type { FrontServer } from '../http/front-server.js';
import type { TaskRunner } from '../tasks/task-runner.js';
import type { RunningConnector } from './connector.module.js';
import { toDeploymentIdentity } from './connector-identity.js';
import { createHttpApplication, type HttpApplication, type SharedParts } from './http-application.js';

/**
 * Time in ms that requests to connectors that a reload replaced or removed have to end. After this time, their streams of events and long
 * polls end.
 */
const MAX_FORMER_REQUEST_MS = 30_000;

/** What outlives an application, and gets the connectors or the tasks of the next one. */
export interface SwitchedParts {
  store: Store;
  shared: SharedParts;
  syncEngine: SyncEngine;
  orders: OrderEngine;
  tasks: TaskRunner;
  createTasks: (deployment: Deployment) => Parameters<TaskRunner['setTasks']>[0];
  frontServer: FrontServer;
}

export class ApplicationSwitcher {
  /** Resolves when the connectors of all former applications are stopped. */
  private formerStopped: Promise<unknown> = Promise.resolve();

  /** @param application the first application, which is served from now on */
  constructor(
    private application: HttpApplication,
    private readonly parts: SwitchedParts,
  ) {
    parts.orders.setConnectors(listOrders(application));
    void parts.frontServer.setApplication(application.handle);
  }

  /** The deployment that is served now. */
  get deployment(): Deployment {
    return this.application.deployment;
  }

  /**
   * Serves another deployment instead of the present one, completely or not at all. Calls must not overlap.
   * @param beforeSwap called at the last moment at which the change can still fail
   * @throws Error if the deployment cannot be served; then nothing was changed
   */
  async applyDeployment(next: Deployment, beforeSwap?: () => Promise<void>): Promise<void> {
    const nextApplication = await createHttpApplication(next, this.parts.shared, this.application);
    await this.parts.store.registerDeployment(toDeploymentIdentity(next));
    await beforeSwap?.();
    this.swap(nextApplication, next);
  }

  stopConnectors(): void {
    this.application.connectors.forEach(stopConnector);
  }

  /** Closes the application after the connectors of former applications are stopped. */
  async close(): Promise<void> {
    await this.formerStopped;
    await this.application.close();
  }

  /** Replaces the application. Nothing in this function can fail, so a deployment is applied completely or not at all. */
  private swap(application: HttpApplication, deployment: Deployment): void {
    const { syncEngine, orders, tasks, createTasks, frontServer, shared } = this.parts;
    const former = this.application;
    this.application = application;
    syncEngine.setConnectors(application.connectors.map((connector) => connector.sync));
    orders.setConnectors(listOrders(application));
    tasks.setTasks(createTasks(deployment));
    const formerEnded = frontServer.setApplication(application.handle);
    // The keys and the connectors can have changed, so consoles connect again.
    shared.changeEvents.endAll();
    const hasEnded = Promise.race([formerEnded, sleep(MAX_FORMER_REQUEST_MS, undefined, { ref: false })]);
    this.formerStopped = Promise.all([this.formerStopped, hasEnded]).then(async () => {
      const kept = new Set(application.connectors);
      for (const connector of former.connectors) if (!kept.has(connector)) stopConnector(connector);
      await orders.stopFormerConnectors();
    });
  }
}

function listOrders({ connectors }: HttpApplication): ConnectorOrders[] {
  return connectors.flatMap((connector) => connector.orders ?? []);
}

function stopConnector({ backend, webhooks }: RunningConnector): void {
  backend.stop();
  webhooks.stop();
}
