/** Runs three gateways on one PostgreSQL behind one load balancer. The data of the PSPs changes all the time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresServer } from '../../libs/feed/src/testing/postgres-server.js';
import type { PayingConnector } from '../orders/deployment.js';
import { LoadBalancer } from './load-balancer.js';
import { DatabaseProxy } from '../../libs/feed/src/testing/database-proxy.js';
import { installPlugin, writeGatewayDeployment } from './deployment.js';
import { PspHistory } from './psp-history.js';
import { ClusterGateway } from './cluster-gateway.js';
import { LeaseObserver } from './lease-observer.js';

const GATEWAY_NAMES = ['one', 'two', 'three'];
/**
 * The milliseconds by which each gateway's clock is ahead. The first clock is right. The second is ahead by more than the duration of any
 * lease. The third is behind.
 */
const CLOCK_OFFSETS_MS = [0, 90_000, -50_000];
const HISTORY_NAMES = ['north', 'east', 'south'];

export class Cluster {
  private constructor(
    readonly directory: string,
    readonly database: PostgresServer,
    readonly databaseProxies: readonly DatabaseProxy[],
    readonly gateways: readonly ClusterGateway[],
    readonly balancer: LoadBalancer,
    readonly histories: readonly PspHistory[],
    readonly payingConnectors: readonly PayingConnector[],
    readonly leaseObserver: LeaseObserver,
  ) {}

  /**
   * Starts all gateways at once on an empty database, so that the tables must be created only once. If the start fails, everything that was
   * started is stopped.
   */
  static async start(): Promise<Cluster> {
    const directory = mkdtempSync(join(tmpdir(), 'tributary-cluster-'));
    const resources = new AsyncDisposableStack();
    try {
      return await Cluster.startIn(directory, resources);
    } catch (error) {
      await resources.disposeAsync();
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  private static async startIn(directory: string, resources: AsyncDisposableStack): Promise<Cluster> {
    installPlugin(directory);
    const database = await PostgresServer.create();
    resources.defer(() => database.remove());
    const histories = HISTORY_NAMES.map(
      (name, seed) => new PspHistory(name, join(directory, `${name}.jsonl`), seed),
    );
    const payingConnectors = ['keys', 'ids'].map((name) => ({
      ...{ name, key: `the-key-that-pays-at-${name}` },
      journal: join(directory, `${name}.journal`),
    }));
    const databaseProxies = await Promise.all(GATEWAY_NAMES.map(() => DatabaseProxy.start(database.socket)));
    resources.defer(() => Promise.all(databaseProxies.map((proxy) => proxy.close())).then(() => undefined));
    const gateways = await Promise.all(
      GATEWAY_NAMES.map(async (name, index) => {
        const store = `postgres://tributary@127.0.0.1:${databaseProxies[index]!.port}/postgres`;
        const { file, port } = await writeGatewayDeployment(
          directory,
          name,
          store,
          histories,
          payingConnectors,
        );
        return new ClusterGateway(name, port, file, join(directory, `${name}.log`), CLOCK_OFFSETS_MS[index]!);
      }),
    );
    resources.defer(() => Promise.all(gateways.map((gateway) => gateway.kill())).then(() => undefined));
    const starting = gateways.map((gateway) => gateway.start());
    // A gateway must not be killed while it is still being launched.
    await Promise.allSettled(starting);
    await Promise.all(starting);
    const balancer = await LoadBalancer.start(gateways);
    const leaseObserver = new LeaseObserver(database.url('postgres'), gateways);
    return new Cluster(
      directory,
      database,
      databaseProxies,
      gateways,
      balancer,
      histories,
      payingConnectors,
      leaseObserver,
    );
  }

  async stop(): Promise<void> {
    await this.leaseObserver.stop();
    await this.balancer.close();
    await Promise.all(this.gateways.map((gateway) => gateway.kill()));
    await Promise.all(this.databaseProxies.map((proxy) => proxy.close()));
    await this.database.remove();
    if (process.env['KEEP'] === undefined) rmSync(this.directory, { recursive: true, force: true });
  }
}
