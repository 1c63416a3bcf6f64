/** Injects faults into a cluster, one after the other. Only a pause may overlap with other faults. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { pickRandom } from '../orders/pick-random.js';
import type { Cluster } from './cluster.js';
import type { ClusterGateway } from './cluster-gateway.js';

/**
 * The duration of a pause in milliseconds. A pause is longer than the lease of a stream (10 s). A long pause is also longer than the lease
 * of an order (45 s). Only the long form of the test has long pauses.
 */
const PAUSE_MS = 14_000;
const LONG_PAUSE_MS = 50_000;
/** The maximum time in milliseconds for which the database is down. */
const MAX_DATABASE_DOWN_MS = 1500;
/**
 * Time in milliseconds within which another gateway must continue the streams of a gateway that was killed or paused. The measured time is
 * printed.
 */
const TAKEOVER_TIMEOUT_MS = 40_000;

const FAULT_KINDS = ['kill', 'kill', 'restart-fast', 'restart-immediate', 'terminate', 'cut', 'cut'] as const;
type FaultKind = (typeof FAULT_KINDS)[number];

export class ClusterFaultInjector {
  readonly counts = new Map<string, number>();
  /** The times in milliseconds until other gateways continued the streams of a gateway that was killed or paused. */
  readonly takeovers = { kill: [] as number[], pause: [] as number[] };
  /** The violations of the guarantees of the cluster, as messages. */
  readonly violations: string[] = [];
  private readonly background = new Set<Promise<void>>();

  constructor(
    private readonly cluster: Cluster,
    private readonly random: () => number,
    /** The share of the pauses that are long, from 0 to 1. */
    private readonly longPauseShare: number,
  ) {}

  /** Injects faults for this number of milliseconds. Afterwards all gateways and the database are running again. */
  async injectFor(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    const pauses = this.pauseUntil(end);
    while (performance.now() < end) {
      await this.inject(pickRandom(FAULT_KINDS, this.random));
      await sleep(this.random() * 2500);
    }
    await pauses;
    await Promise.all(this.background);
  }

  private async pauseUntil(end: number): Promise<void> {
    while (performance.now() < end) {
      const gateway = pickRandom(this.runningGateways, this.random);
      await this.waitForLease(gateway);
      this.count('pause');
      this.measureTakeover(gateway, 'pause');
      await gateway.pause(this.random() < this.longPauseShare ? LONG_PAUSE_MS : PAUSE_MS);
      await sleep(1000);
    }
  }

  /** Waits until the gateway has a lease, because then a fault has more effect. */
  private async waitForLease({ pid }: ClusterGateway): Promise<void> {
    for (let tries = 0; tries < 40 && this.cluster.leaseObserver.getLeasesOf(pid).length === 0; tries++)
      await sleep(20);
  }

  private async inject(kind: FaultKind): Promise<void> {
    this.count(kind);
    const { database, databaseProxies } = this.cluster;
    switch (kind) {
      case 'kill':
        return this.killOne();
      case 'restart-fast':
      case 'restart-immediate':
        await database.stop(kind === 'restart-fast' ? 'INT' : 'QUIT');
        await sleep(this.random() * MAX_DATABASE_DOWN_MS);
        return database.start();
      case 'terminate':
        return this.terminateConnections();
      case 'cut':
        return pickRandom(databaseProxies, this.random).dropConnections();
    }
  }

  private async killOne(): Promise<void> {
    const gateway = pickRandom(this.runningGateways, this.random);
    await this.waitForLease(gateway);
    this.measureTakeover(gateway, 'kill');
    await gateway.kill();
    await sleep(this.random() * 1000);
    await gateway.start();
  }

  private measureTakeover({ pid, name }: ClusterGateway, how: 'kill' | 'pause'): void {
    const { leaseObserver } = this.cluster;
    const held = leaseObserver.getLeasesOf(pid);
    if (held.length === 0) return;
    const watch = leaseObserver.waitUntilTaken(held, TAKEOVER_TIMEOUT_MS).then((took) => {
      if (took !== undefined) this.takeovers[how].push(took);
      else
        this.violations.push(`no gateway took ${held.map(({ stream }) => stream).join(', ')} from ${name}`);
    });
    this.background.add(watch);
  }

  private async terminateConnections(): Promise<void> {
    const client = new pg.Client(this.cluster.database.url('postgres'));
    client.on('error', () => undefined);
    await client.connect();
    await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and usename = current_user',
    );
    await client.end();
  }

  private get runningGateways(): ClusterGateway[] {
    return this.cluster.gateways.filter((gateway) => gateway.isRunning && !gateway.isPaused);
  }

  private count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}
