/**
 * Runs one series of the soak test: three gateways of an older release on one PostgreSQL, behind a load balancer. Clients read and pay all
 * the time. Meanwhile the store is restored and promoted, gateways are upgraded, and a second deployment is started on the same store.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FAST_SETTINGS, PostgresServer } from '../../libs/feed/src/testing/postgres-server.js';
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
import { GatewayHost, HostedGateway } from './gateway-host.js';
import { SupervisedGateway, type RestartedGateway } from './supervised-gateway.js';

const EVENTS = ['restore-stopped', 'restore-running', 'promote', 'upgrade', 'second-deployment'] as const;
export type StoreEvent = (typeof EVENTS)[number];

/** The maximum time in milliseconds between two steps of an event. */
const MAX_STEP_DELAY_MS = 1000;
const MAX_RECOVERY_MS = 300_000;
const CONCURRENT_PAYOUTS = 10;
const PULL_INTERVAL = '2s';
/** The settings limit the size of the database files, because each backup and each restore copies them. */
const SMALL_WAL_SETTINGS = ['min_wal_size=32MB', 'max_wal_size=32MB'];
/** The maximum pause in milliseconds between two payouts, and between two records that a PSP adds. */
const MAX_CLIENT_PAUSE_MS = 2000;
/** The share of the rounds that upgrade a gateway while gateways of the older release are running. */
const EARLY_UPGRADE_SHARE = 0.4;
/** The pause of each reading client in milliseconds. Formance polls every few minutes. A shorter pause would only need processor time. */
const POLL_INTERVAL_MS = 3000;
const HISTORY_NAMES = ['north', 'east'];
/**
 * The number of rows in one arrival. It is small, because after each restore all gateways pull the rows again that the backup does not
 * contain.
 */
const ARRIVAL_SIZE = 4;
/** The share of the stops that kill all gateways of this release at once. */
const KILL_SHARE = 0.1;

export class StoreSeries {
  readonly eventCounts = new Map<StoreEvent, number>();
  readonly violations: string[] = [];
  paidCount = 0;
  private readonly directory = mkdtempSync(join(tmpdir(), 'tributary-store-soak-'));
  private readonly payouts: Payout[] = [];
  private readonly host = new GatewayHost(join(this.directory, 'host.log'));
  private gateways: RestartedGateway[] = [];
  private readonly ended: RestartedGateway[] = [];
  private runningDatabase: PostgresServer | undefined;
  private balancer: LoadBalancer | undefined;
  private histories: PspHistory[] = [];
  private readers: ReadingClients | undefined;
  private client!: PayingClient;
  private traffic: Promise<unknown> = Promise.resolve();
  private isOver = false;

  /** @param oldProgram program of the older release, with which all gateways start */
  constructor(
    private readonly oldProgram: string,
    private readonly random: () => number,
  ) {}

  async start(): Promise<void> {
    installPlugin(this.directory);
    this.runningDatabase = await PostgresServer.create([...FAST_SETTINGS, ...SMALL_WAL_SETTINGS]);
    this.histories = HISTORY_NAMES.map(
      (name, seed) => new PspHistory(name, join(this.directory, name), seed, ARRIVAL_SIZE),
    );
    for (const name of ['one', 'two', 'three']) {
      // The older release does not support `deployment:`.
      const { port, file } = await this.writeDeployment(name, '', this.formatConnectors());
      this.gateways.push(
        new SupervisedGateway(name, port, file, join(this.directory, `${name}.log`), this.oldProgram),
      );
    }
    for (const gateway of this.gateways) gateway.start();
    this.balancer = await LoadBalancer.start(this.gateways);
    await this.waitUntilReady();
    const readers = new ReadingClients(this.histories, this.balancer.url, POLL_INTERVAL_MS);
    this.readers = readers;
    this.client = new PayingClient(this.balancer.url, 'pay');
    const isOver = () => this.isOver;
    this.traffic = Promise.all([readers.readUntil(isOver), this.showArrivals(), this.keepPaying()]).catch(
      (error: unknown) => this.violations.push(`the clients stopped: ${String(error)}`),
    );
  }

  private get database(): PostgresServer {
    if (!this.runningDatabase) throw new Error('the series was not started');
    return this.runningDatabase;
  }

  /** Runs one random event. Sometimes a second deployment is started at the same time. */
  async runRound(): Promise<void> {
    // Starting programs of the older release costs most of the time of a round. So a store is upgraded early.
    const isUpgrade = this.oldGateways.length > 0 && this.random() < EARLY_UPGRADE_SHARE;
    const event = isUpgrade ? 'upgrade' : pickRandom(EVENTS, this.random);
    this.eventCounts.set(event, (this.eventCounts.get(event) ?? 0) + 1);
    const second = this.random() < 0.2 ? this.pause().then(() => this.startSecondDeployment()) : undefined;
    try {
      await this.run(event);
      await this.waitUntilReady();
    } catch (error) {
      this.violations.push(`${event}: ${String(error)}`);
    }
    await second;
  }

  /** Upgrades all gateways, and compares the data that the clients read with the true events. */
  async finish(): Promise<void> {
    while (this.oldGateways.length > 0) await this.upgradeOne();
    await this.waitUntilReady();
    this.isOver = true;
    await this.traffic;
    const { readers } = this;
    if (readers) this.violations.push(...(await readers.waitUntilSettled()), ...readers.unexpectedErrors);
    await this.sendUntilAccepted(this.payouts);
    await sleep(3000);
    const url = this.database.url('postgres');
    this.violations.push(...(await findRepeatedReturns(url)));
    // Clients repeat all orders, as they do after a restore.
    await this.sendUntilAccepted(this.payouts);
    const journal = new PspJournal(join(this.directory, 'psp'));
    for (const { reference } of this.payouts) {
      const { length } = journal.getPayments(reference);
      if (length !== 1) this.violations.push(`${reference} was paid ${length} times`);
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
    await Promise.all([this.host.kill(), ...this.gateways.map((gateway) => gateway.stop('SIGKILL'))]);
    if (this.violations.length > 0) this.violations.push(`see ${this.directory}`);
    else rmSync(this.directory, { recursive: true });
    await this.runningDatabase?.remove();
  }

  private async run(event: StoreEvent): Promise<void> {
    switch (event) {
      case 'restore-stopped':
        return this.restore(async (backup) => {
          await this.stopGateways();
          await this.database.restore(backup, false);
        });
      case 'restore-running':
        return this.restore(async (backup) => {
          await this.database.restore(backup, false);
          await this.pause();
          await this.stopGateways();
        });
      case 'promote': {
        const backup = await this.database.backUp();
        await this.pause();
        return this.database.restore(backup, true);
      }
      case 'upgrade':
        return this.upgradeOne();
      case 'second-deployment':
        return this.startSecondDeployment();
      default:
        return event satisfies never;
    }
  }

  /** Restores a backup that is up to a few seconds old, with the commands of the guide. */
  private async restore(putBack: (backup: string) => Promise<void>): Promise<void> {
    const backup = await this.database.backUp();
    await this.pause();
    await putBack(backup);
    const upgraded = this.gateways.find((gateway) => gateway instanceof HostedGateway);
    if (upgraded) await this.host.runCommand('store', 'restore', '--config', upgraded.file);
    else await this.oldGateways[0]!.run('store', 'restore');
    for (const gateway of this.gateways) gateway.start();
  }

  private async stopGateways(): Promise<void> {
    const stopped = this.gateways.map((gateway) => gateway.stop(this.random() < 0.5 ? 'SIGTERM' : 'SIGKILL'));
    if (this.random() < KILL_SHARE) await this.host.kill();
    await Promise.all(stopped);
  }

  private get oldGateways(): SupervisedGateway[] {
    return this.gateways.filter((gateway) => gateway instanceof SupervisedGateway);
  }

  /**
   * Replaces a gateway of the older release by a gateway of this release. If no gateway of the older release is left, a gateway of this
   * release is restarted.
   */
  private async upgradeOne(): Promise<void> {
    const [gateway] = this.oldGateways;
    if (!gateway) {
      const restarted = pickRandom(this.gateways, this.random);
      await restarted.stop();
      return restarted.start();
    }
    await gateway.stop();
    const { name, port, file } = gateway;
    writeFileSync(file, `deployment: first\n${readFileSync(file, 'utf8')}`);
    const upgraded = new HostedGateway(this.host, name, port, file);
    this.ended.push(gateway);
    this.gateways = this.gateways.map((each) => (each === gateway ? upgraded : each));
    upgraded.start();
    await this.waitUntilReady();
  }

  /** Starts a gateway of another deployment. The gateway must end by itself and must never become ready. */
  private async startSecondDeployment(): Promise<void> {
    // A store of an older release contains no deployment until the first gateway of this release has started.
    if (this.oldGateways.length === this.gateways.length) return;
    const connectors =
      this.random() < 0.5
        ? formatPayingConnector('pay', 99, join(this.directory, 'other-psp'))
        : formatPayingConnector('other', 99, join(this.directory, 'other-psp'));
    const head = this.random() < 0.5 ? 'deployment: second\n' : '';
    const { port, file } = await this.writeDeployment('second', head, connectors);
    const second = new HostedGateway(this.host, 'second', port, file);
    second.start();
    const end = performance.now() + MAX_RECOVERY_MS;
    for (; performance.now() < end && second.exitCounts.size === 0; await sleep(50))
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
      const isReady = this.oldGateways.length > 0 ? states.includes(true) : !states.includes(false);
      if (isReady) return;
      if (performance.now() > end) throw new Error(`no gateway is ready: ${states.join(', ')}`);
      await sleep(100);
    }
  }

  private async showArrivals(): Promise<void> {
    for (; !this.isOver; await sleep(this.random() * MAX_CLIENT_PAUSE_MS))
      pickRandom(this.histories, this.random).showNextArrival();
  }

  private async keepPaying(): Promise<void> {
    for (; !this.isOver; await sleep(this.random() * MAX_CLIENT_PAUSE_MS)) {
      const fate = this.random() < 0.5 ? 'returns' : 'succeeds';
      const payout: Payout = { reference: `invoice-${this.payouts.length}`, fate, afterMs: 1500 };
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

  private formatConnectors(): string {
    const histories = this.histories.map(
      ({ name, file }) =>
        `  - { name: ${name}, plugin: tributary-psp-history, apiKeys: [${READER_KEY}], sync: { every: ${PULL_INTERVAL} }, settings: { file: '${file}', latency: 5 } }\n`,
    );
    return histories.join('') + formatPayingConnector('pay', 1, join(this.directory, 'psp'), PULL_INTERVAL);
  }

  private async writeDeployment(name: string, head: string, connectors: string) {
    const port = await findFreePort();
    const file = join(this.directory, `${name}.yaml`);
    const store = this.database.url('postgres');
    writeFileSync(file, `${head}listen: { port: ${port} }\nstore: '${store}'\nconnectors:\n${connectors}`);
    return { port, file };
  }

  private pause(): Promise<void> {
    return sleep(this.random() * MAX_STEP_DELAY_MS);
  }
}
