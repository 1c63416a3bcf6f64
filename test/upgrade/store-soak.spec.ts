/**
 * Tests random restores, promotions, upgrades and second deployments on one PostgreSQL with three gateways. No row may reach a wrong feed,
 * no reader may lose a version, no order may be paid twice or at two PSPs, and no return may be reported twice.
 *
 * - `STORE_ROUNDS` is the number of rounds. Each round is one event.
 * - `STORE_SEED` is the seed of the first round. The seed of each further round is higher by one.
 * - `STORE_OLD_GATEWAYS` is the number of gateways of the older release before the first round of a series.
 * - `STORE_MINUTES` is the time after which no further round begins. If it is not set, there is no limit.
 * - `STORE_LANES` is the number of series that run at the same time.
 *
 * A line for each round contains what is needed to repeat the round alone.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FAST_SETTINGS, PostgresServer } from '../../libs/feed/src/testing/postgres-server.js';
import { GatewayHost } from './gateway-host.js';
import { buildOldRelease, findOldCommit, type OldRelease } from './old-release.js';
import { StoreSeries, type GatewayHosts } from './store-series.js';

const ROUNDS = Number(process.env['STORE_ROUNDS'] ?? 4);
const SEED = Number(process.env['STORE_SEED'] ?? 1);
const OLD_GATEWAYS = Number(process.env['STORE_OLD_GATEWAYS'] ?? 3);
const MINUTES = Number(process.env['STORE_MINUTES'] ?? Infinity);
const LANES = Number(process.env['STORE_LANES'] ?? 2);
/** The number of rounds on one store. Each store begins with the tables of the older release. */
const ROUNDS_PER_SERIES = 40;
/** The settings limit the size of the database files, because each backup and each restore copies them. */
const SMALL_WAL_SETTINGS = ['min_wal_size=32MB', 'max_wal_size=32MB'];
const MAX_ROUND_MS = 300_000;
const MAX_SERIES_MS = 600_000;

const commit = findOldCommit(9);
const test = commit === undefined ? it.skip : it;

test(
  `${ROUNDS} rounds with three gateways (skipped in a clone without history)`,
  async () => {
    const release = buildOldRelease(commit ?? '');
    const directory = mkdtempSync(join(tmpdir(), 'tributary-store-soak-logs-'));
    const soak = new StoreSoak();
    try {
      const lanes = Math.min(LANES, Math.ceil(ROUNDS / ROUNDS_PER_SERIES));
      await Promise.all(Array.from({ length: lanes }, (_, lane) => soak.runLane(release, directory, lane)));
    } finally {
      release.remove();
      if (soak.failures.length === 0) rmSync(directory, { recursive: true });
    }
    writeLine(`from seed ${SEED}: ${JSON.stringify(Object.fromEntries(soak.totals))}`);
    expect(soak.failures).toEqual([]);
  },
  Math.ceil(ROUNDS / ROUNDS_PER_SERIES) * MAX_SERIES_MS + ROUNDS * MAX_ROUND_MS,
);

class StoreSoak {
  readonly failures: string[] = [];
  /** The number of rounds, of events of each kind, of payouts, and of exits of gateways with each code. */
  readonly totals = new Map<string, number>();
  private begun = 0;
  private readonly endsAt = performance.now() + MINUTES * 60_000;

  /** Runs one series after the other with the same processes, until all rounds have been run. */
  async runLane(release: OldRelease, directory: string, lane: number): Promise<void> {
    const startHost = (modules: string, name: string) =>
      new GatewayHost(modules, join(directory, `lane-${lane}-${name}.log`));
    const hosts: GatewayHosts = {
      present: startHost('dist', 'present'),
      old: [0, 1, 2].map((index) => startHost(release.modules, `old-${index}`)),
    };
    const database = await PostgresServer.create([...FAST_SETTINGS, ...SMALL_WAL_SETTINGS]);
    try {
      const empty = await database.backUp('empty');
      while (this.begun < ROUNDS && !this.isLate) {
        const firstSeed = SEED + this.begun;
        const rounds = Math.min(ROUNDS_PER_SERIES, ROUNDS - this.begun);
        this.begun += rounds;
        await database.restore(empty, false);
        await this.runSeries(new StoreSeries(hosts, database, firstSeed), firstSeed, rounds);
      }
    } finally {
      await database.remove();
      await Promise.all([hosts.present, ...hosts.old].map((host) => host.close()));
    }
  }

  private async runSeries(series: StoreSeries, firstSeed: number, rounds: number): Promise<void> {
    try {
      await series.start(OLD_GATEWAYS);
      for (let seed = firstSeed; seed < firstSeed + rounds && !this.isLate; seed++) {
        const { oldCount } = series;
        const startedAt = performance.now();
        const event = await series.runRound(seed);
        const ms = Math.round(performance.now() - startedAt);
        this.add('rounds', 1);
        writeLine(`STORE_SEED=${seed} STORE_OLD_GATEWAYS=${oldCount} STORE_ROUNDS=1: ${event}, ${ms} ms`);
      }
      await series.finish();
    } catch (error) {
      series.violations.push(String(error));
    } finally {
      await series.stop();
    }
    const { eventCounts, paidCount, timeoutCount, exitCounts, violations } = series;
    for (const [event, count] of eventCounts) this.add(event, count);
    for (const [code, count] of Object.entries(exitCounts)) this.add(`exit ${code}`, count);
    this.add('payouts', paidCount);
    this.add('reads without a response', timeoutCount);
    this.add('violations', violations.length);
    const name = `STORE_SEED=${firstSeed} STORE_OLD_GATEWAYS=${OLD_GATEWAYS} STORE_ROUNDS=${rounds}`;
    writeLine(`${name}: ${paidCount} payouts, ${violations.length} violations`);
    for (const violation of violations) writeLine(`VIOLATION ${violation}`);
    this.failures.push(...violations.map((violation) => `${name}: ${violation}`));
  }

  private get isLate(): boolean {
    return performance.now() > this.endsAt;
  }

  private add(name: string, count: number): void {
    this.totals.set(name, (this.totals.get(name) ?? 0) + count);
  }
}

function writeLine(text: string): void {
  process.stderr.write(`${text}\n`);
}
