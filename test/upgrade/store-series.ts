/**
 * Runs one series of the soak test: three gateways of an older release on one PostgreSQL, behind a load balancer. Clients read and pay all
 * the time. Meanwhile the store is restored and promoted, gateways are upgraded, and a second deployment is started on the same store.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSeededRandom } from '@tributary/connector-api/testing';
import type { PostgresServer } from '../../libs/feed/src/testing/postgres-server.js';
import { runSql } from '../../libs/feed/src/testing/raw-sql.js';
import { installPlugin, READER_KEY } from '../cluster/deployment.js';
import { LoadBalancer } from '../cluster/load-balancer.js';
import { PspHistory } from '../cluster/psp-history.js';
import { ReadingClients } from '../cluster/reading-clients.js';
import { findFreePort } from '../orders/deployment.js';
import { pickRandom } from '../orders/pick-random.js';
import { PspJournal } from '../orders/psp-journal.js';
import { findRepeatedReturns } from './find-repeated-returns.js';
import { formatPayingConnector, PayingClient, type Payout } from './paying-client.js';
import type { GatewayHost } from './gateway-host.js';
import { HostedGateway } from './hosted-gateway.js';

/** The events before the first gateway is upgraded. A store of the older release contains no deployment, so it accepts every deployment. */
const EARLY_EVENTS = ['restore-stopped', 'restore-running', 'promote', 'upgrade'] as const;
const EVENTS = [...EARLY_EVENTS, 'second-deployment'] as const;
export type StoreEvent = (typeof EVENTS)[number];

/** The processes that run the gateways. They continue from one series to the next, because it takes seconds to load a program. */
export interface GatewayHosts {
  /** Runs all gateways of this release. */
  present: GatewayHost;
  /** Each runs one gateway of the older release. */
  old: readonly GatewayHost[];
}

/** The maximum time in milliseconds between two steps of an event. */
const MAX_STEP_DELAY_MS = 1000;
const READY_POLL_MS = 500;
const MAX_RECOVERY_MS = 300_000;
/** The time in milliseconds between two health checks of a gateway. Each check writes to the store. */
const HEALTH_CHECK_INTERVAL_MS = 1000;
/** The time in milliseconds until the PSP has the result of a payout. */
const RESULT_DELAY_MS = 1500;
const CONCURRENT_PAYOUTS = 10;
/** The maximum time in milliseconds until an accepted order is sent: a lease of 45 s, and lookups that become rarer with the age of the order. */
const MAX_PAYMENT_DELAY_MS = 120_000;
const PULL_INTERVAL_MS = 6000;
/** The maximum pause in milliseconds between two payouts, and between two records that a PSP adds. */
const MAX_CLIENT_PAUSE_MS = 3000;
/** The share of the rounds that upgrade a gateway while gateways of the older release are running. */
const EARLY_UPGRADE_SHARE = 0.4;
/** The pause of each reading client in milliseconds. Formance polls every few minutes. A shorter pause would only need processor time. */
const POLL_INTERVAL_MS = 8000;
const HISTORY_NAMES = ['north', 'east'];
/**
 * The numbers of rows in an arrival and in a bulk import. They are small, because after each restore all gateways pull the rows again that
 * the backup does not contain.
 */
const ARRIVALS = { arrivalSize: 4, bulkSize: 30 };
/** The share of the stops that kill all gateways of this release at once. */
const KILL_SHARE = 0.1;
/** The share of the stops of a gateway of the older release that kill it. */
const OLD_KILL_SHARE = 0.25;
/** The share of the other events during which a second deployment is started too. */
const SECOND_DEPLOYMENT_SHARE = 0.2;

export class StoreSeries {
  readonly eventCounts = new Map<string, number>();
  readonly violations: string[] = [];
  paidCount = 0;
  private readonly directory = mkdtempSync(join(tmpdir(), 'tributary-store-soak-'));
  private readonly payouts: Payout[] = [];
  private gateways: HostedGateway[] = [];
  private readonly ended: HostedGateway[] = [];
  private balancer: LoadBalancer | undefined;
  private histories: PspHistory[] = [];
  private readers: ReadingClients | undefined;
  private client!: PayingClient;
  private traffic: Promise<unknown> = Promise.resolve();
  private isOver = false;

  /** Decides what the clients and the PSPs do. */
  private readonly trafficRandom: () => number;

  /**
   * @param database a server that contains no store
   * @param seed seed of the clients and the PSPs
   */
  constructor(
    private readonly hosts: GatewayHosts,
    private readonly database: PostgresServer,
    seed: number,
  ) {
    this.trafficRandom = createSeededRandom(seed);
  }

  /**
   * Starts three gateways of the older release, and the clients.
   * @param oldCount number of gateways that are not upgraded before the first round
   */
  async start(oldCount: number): Promise<void> {
    installPlugin(this.directory);
    this.histories = HISTORY_NAMES.map(
      (name, seed) => new PspHistory(name, join(this.directory, name), seed, ARRIVALS),
    );
    for (const [index, host] of this.hosts.old.entries()) {
      const name = `gateway-${index}`;
      // The older release does not support `deployment:`.
      const { port, file } = await this.writeDeployment(name, '', this.formatConnectors());
      this.gateways.push(new HostedGateway(host, name, port, file));
    }
    for (const gateway of this.gateways) gateway.start();
    this.balancer = await LoadBalancer.start(this.gateways, HEALTH_CHECK_INTERVAL_MS);
    await this.waitUntilReady();
    const readers = new ReadingClients(this.histories, this.balancer.url, {
      pollIntervalMs: POLL_INTERVAL_MS,
      acceptsTimeouts: true,
    });
    this.readers = readers;
    this.client = new PayingClient(this.balancer.url, 'pay');
    const isOver = () => this.isOver;
    this.traffic = Promise.all([readers.readUntil(isOver), this.showArrivals(), this.keepPaying()]).catch(
      (error: unknown) => this.violations.push(`the clients stopped: ${String(error)}`),
    );
    while (this.oldGateways.length > oldCount) await this.upgradeOne(this.trafficRandom);
  }

  /** The number of gateways of the older release. */
  get oldCount(): number {
    return this.oldGateways.length;
  }

  /**
   * Runs one random event. Sometimes a second deployment is started at the same time.
   * @param seed seed of the event and of all its steps
   * @returns the name of the event
   */
  async runRound(seed: number): Promise<string> {
    const random = createSeededRandom(seed);
    const randomOfSecond = createSeededRandom(Math.floor(random() * 2 ** 32));
    // While gateways of the older release are running, upgrades are frequent, so that most rounds test this release.
    const isUpgrade = this.oldCount > 0 && random() < EARLY_UPGRADE_SHARE;
    const canRefuse = this.oldCount < this.gateways.length;
    const event = isUpgrade ? 'upgrade' : pickRandom(canRefuse ? EVENTS : EARLY_EVENTS, random);
    const isWithSecond = canRefuse && event !== 'second-deployment' && random() < SECOND_DEPLOYMENT_SHARE;
    const names = [event === 'upgrade' && this.oldCount === 0 ? 'restart' : event];
    if (isWithSecond) names.push('second-deployment');
    for (const name of names) this.eventCounts.set(name, (this.eventCounts.get(name) ?? 0) + 1);
    const second = isWithSecond
      ? pauseRandomly(randomOfSecond).then(() => this.startSecondDeployment(randomOfSecond))
      : undefined;
    try {
      await this.run(event, random);
      await this.waitUntilReady();
    } catch (error) {
      this.violations.push(`${event}: ${String(error)}`);
    }
    await second;
    return names.join(' and ');
  }

  /** Upgrades all gateways, and compares the data that the clients read with the true events. */
  async finish(): Promise<void> {
    while (this.oldCount > 0) await this.upgradeOne(this.trafficRandom);
    await this.waitUntilReady();
    this.isOver = true;
    await this.traffic;
    const { readers } = this;
    if (readers) this.violations.push(...(await readers.waitUntilSettled()), ...readers.unexpectedErrors);
    await this.sendUntilAccepted(this.payouts);
    await this.waitUntilPaid();
    // The gateways read the results of the last orders at least twice.
    await sleep(RESULT_DELAY_MS + 2 * PULL_INTERVAL_MS);
    const url = this.database.url('postgres');
    this.violations.push(...(await findRepeatedReturns(url)));
    // Clients repeat all orders, as they do after a restore.
    await this.sendUntilAccepted(this.payouts);
    const journal = new PspJournal(join(this.directory, 'psp'));
    for (const { reference } of this.payouts) {
      const { length } = journal.getPayments(reference);
      if (length !== 1)
        this.violations.push(`${reference} was paid ${length} times: ${await this.describeOrder(reference)}`);
    }
    this.paidCount = this.payouts.length;
    const foreign = await runSql(
      url,
      "select connector from feeds where connector not in ('north', 'east', 'pay')",
    );
    if (foreign.length > 0) this.violations.push(`feeds of another deployment: ${JSON.stringify(foreign)}`);
    if (existsSync(join(this.directory, 'other-psp')))
      this.violations.push(
        `the second deployment paid: ${readFileSync(join(this.directory, 'other-psp'), 'utf8')}`,
      );
  }

  /** The number of requests of the readers that got no response in time. */
  get timeoutCount(): number {
    return this.readers?.timeoutCount ?? 0;
  }

  /** Returns how often the gateways ended with each exit code. */
  get exitCounts(): Record<string, number> {
    const sum: Record<string, number> = {};
    for (const { exitCounts } of [...this.ended, ...this.gateways])
      for (const [code, count] of exitCounts) sum[code] = (sum[code] ?? 0) + count;
    return sum;
  }

  /** Stops everything. If a series has violations, its files are kept for the analysis. */
  async stop(): Promise<void> {
    this.isOver = true;
    await this.traffic;
    this.readers?.close();
    await this.balancer?.close();
    await Promise.all(this.gateways.map((gateway) => gateway.stop('SIGTERM')));
    if (this.violations.length > 0) this.violations.push(`see ${this.directory}`);
    else rmSync(this.directory, { recursive: true });
  }

  private async run(event: StoreEvent, random: () => number): Promise<void> {
    switch (event) {
      case 'restore-stopped':
        return this.restore(random, async (backup) => {
          await this.stopGateways(random);
          await this.database.restore(backup, false);
        });
      case 'restore-running':
        return this.restore(random, async (backup) => {
          await this.database.restore(backup, false);
          await pauseRandomly(random);
          await this.stopGateways(random);
        });
      case 'promote': {
        const backup = await this.database.backUp();
        await pauseRandomly(random);
        return this.database.restore(backup, true);
      }
      case 'upgrade':
        return this.upgradeOne(random);
      case 'second-deployment':
        return this.startSecondDeployment(random);
      default:
        return event satisfies never;
    }
  }

  /** Restores a backup that is up to a few seconds old, with the commands of the guide. */
  private async restore(random: () => number, putBack: (backup: string) => Promise<void>): Promise<void> {
    const backup = await this.database.backUp();
    await pauseRandomly(random);
    await putBack(backup);
    // Only a program of the newest release can use the store after the upgrade of the first gateway.
    const newest = this.gateways.find((gateway) => !this.isOld(gateway)) ?? this.gateways[0]!;
    await newest.host.runCommand('store', 'restore', '--config', newest.file);
    for (const gateway of this.gateways) gateway.start();
  }

  private async stopGateways(random: () => number): Promise<void> {
    const signals = this.gateways.map((gateway) =>
      this.isOld(gateway) && random() < OLD_KILL_SHARE ? 'SIGKILL' : 'SIGTERM',
    );
    const isHostKilled = random() < KILL_SHARE;
    const stopped = this.gateways.map((gateway, index) => gateway.stop(signals[index]));
    if (isHostKilled) await this.hosts.present.kill();
    await Promise.all(stopped);
  }

  private isOld({ host }: HostedGateway): boolean {
    return host !== this.hosts.present;
  }

  private get oldGateways(): HostedGateway[] {
    return this.gateways.filter((gateway) => this.isOld(gateway));
  }

  /**
   * Replaces a gateway of the older release by a gateway of this release. If no gateway of the older release is left, a gateway of this
   * release is restarted.
   */
  private async upgradeOne(random: () => number): Promise<void> {
    const [gateway] = this.oldGateways;
    if (!gateway) {
      const restarted = pickRandom(this.gateways, random);
      await restarted.stop();
      return restarted.start();
    }
    await gateway.stop();
    const { name, port, file } = gateway;
    writeFileSync(file, `deployment: first\n${readFileSync(file, 'utf8')}`);
    const upgraded = new HostedGateway(this.hosts.present, name, port, file);
    this.ended.push(gateway);
    this.gateways = this.gateways.map((each) => (each === gateway ? upgraded : each));
    upgraded.start();
    await this.waitUntilReady();
  }

  /** Starts a gateway of another deployment. The gateway must end by itself and must never become ready. */
  private async startSecondDeployment(random: () => number): Promise<void> {
    const connectors =
      random() < 0.5
        ? formatPayingConnector('pay', 99, join(this.directory, 'other-psp'))
        : formatPayingConnector('other', 99, join(this.directory, 'other-psp'));
    const head = random() < 0.5 ? 'deployment: second\n' : '';
    const { port, file } = await this.writeDeployment('second', head, connectors);
    const second = new HostedGateway(this.hosts.present, 'second', port, file);
    second.start();
    const end = performance.now() + MAX_RECOVERY_MS;
    for (; performance.now() < end && second.exitCounts.size === 0; await sleep(READY_POLL_MS))
      if (await second.isReady()) this.violations.push(`a second deployment serves: ${head}${connectors}`);
    if (second.exitCounts.size === 0)
      this.violations.push(`a second deployment does not end: ${head}${connectors}`);
    await second.stop();
  }

  private async waitUntilReady(): Promise<void> {
    const end = performance.now() + MAX_RECOVERY_MS;
    for (;;) {
      const states = await Promise.all(this.gateways.map((gateway) => gateway.isReady()));
      // Gateways of the older release can no longer start once the tables have the schema of this release.
      const isReady = this.oldCount > 0 ? states.includes(true) : !states.includes(false);
      if (isReady) return;
      if (performance.now() > end) throw new Error(`no gateway is ready: ${states.join(', ')}`);
      await sleep(READY_POLL_MS);
    }
  }

  private async showArrivals(): Promise<void> {
    for (; !this.isOver; await sleep(this.trafficRandom() * MAX_CLIENT_PAUSE_MS))
      pickRandom(this.histories, this.trafficRandom).showNextArrival();
  }

  private async keepPaying(): Promise<void> {
    for (; !this.isOver; await sleep(this.trafficRandom() * MAX_CLIENT_PAUSE_MS)) {
      const fate = this.trafficRandom() < 0.5 ? 'returns' : 'succeeds';
      const payout: Payout = { reference: `invoice-${this.payouts.length}`, fate, afterMs: RESULT_DELAY_MS };
      this.payouts.push(payout);
      await this.client.pay(payout);
    }
  }

  private async sendUntilAccepted(payouts: readonly Payout[]): Promise<void> {
    for (let first = 0; first < payouts.length; first += CONCURRENT_PAYOUTS)
      await Promise.all(
        payouts.slice(first, first + CONCURRENT_PAYOUTS).map((payout) => this.payUntilAccepted(payout)),
      );
  }

  private async payUntilAccepted(payout: Payout): Promise<void> {
    const end = performance.now() + MAX_RECOVERY_MS;
    while ((await this.client.pay(payout)).status !== 201) {
      if (performance.now() > end) return void this.violations.push(`${payout.reference} is never accepted`);
      await sleep(200);
    }
  }

  /**
   * Waits until the PSP has received all payouts. The gateways send an order later if the backup contains it as being sent: they first wait
   * for the end of its lease, and then look it up.
   */
  private async waitUntilPaid(): Promise<void> {
    for (const end = performance.now() + MAX_PAYMENT_DELAY_MS; performance.now() < end; await sleep(1000)) {
      const journal = new PspJournal(join(this.directory, 'psp'));
      if (this.payouts.every(({ reference }) => journal.getPayments(reference).length > 0)) return;
    }
  }

  /** Returns the stored order of a payout, for the analysis of a violation. */
  private async describeOrder(reference: string): Promise<string> {
    const url = this.database.url('postgres');
    return JSON.stringify(
      await runSql(url, `select * from orders where idempotency_key = '${reference}'`),
      (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    );
  }

  private formatConnectors(): string {
    const histories = this.histories.map(
      ({ name, file }) =>
        `  - { name: ${name}, plugin: tributary-psp-history, apiKeys: [${READER_KEY}], sync: { every: ${PULL_INTERVAL_MS}ms }, settings: { file: '${file}', latency: 5 } }\n`,
    );
    return (
      histories.join('') +
      formatPayingConnector('pay', 1, join(this.directory, 'psp'), `${PULL_INTERVAL_MS}ms`)
    );
  }

  private async writeDeployment(name: string, head: string, connectors: string) {
    const port = await findFreePort();
    const file = join(this.directory, `${name}.yaml`);
    const store = this.database.url('postgres');
    writeFileSync(file, `${head}listen: { port: ${port} }\nstore: '${store}'\nconnectors:\n${connectors}`);
    return { port, file };
  }
}

function pauseRandomly(random: () => number): Promise<void> {
  return sleep(random() * MAX_STEP_DELAY_MS);
}
