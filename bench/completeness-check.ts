/**
 * Measures the processor time that the completeness check adds to a sync: of this process and, with PostgreSQL, of the server processes of
 * its connections. A sync is what the gateway does: it requests accounts and five pages of transactions over HTTP, maps the rows, and appends
 * them. The check adds a request for the balances. The same syncs run with and without the check, in alternating rounds. The result is a
 * ratio of processor time, because wall-clock time depends on the load of the machine. Other programs disturb single rounds, and the check
 * stores its state only in every fifth round, so medians of the rounds of each such phase are compared.
 * Options: `-- --short` uses fewer rounds, `--sqlite` or `--postgres` selects one database.
 */
import { serializeTransaction, type SerializedRecord, type Transaction } from '@tributary/connector-api';
import { openStore, type Store } from '@tributary/feed';
import { SyncEngine, type SyncConnector } from '@tributary/sync';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { PostgresServer } from '../libs/feed/src/testing/postgres-server.js';
import { measureUsage, sumCpuMs } from './cpu-usage.js';
import { GrowingPspClient, startGrowingPsp } from './growing-psp.js';
import { findTypicalRound, orderFairly } from './round-ratios.js';

const ROUNDS = process.argv.includes('--short') ? 140 : 620;
/** The first rounds are not counted, because V8 still compiles the code in these rounds. */
const WARM_UP_ROUNDS = 20;
/** The check stores its state in every fifth round. */
const ROUNDS_PER_STATE = 5;
const PAGES_PER_PULL = 5;
const ROWS_PER_PAGE = 100;
const ACCOUNTS = 10;
/** The maximum ratio of the processor time of a sync with the check to that of a sync without the check. */
const MAX_RATIO = 1.05;
/** If a control differs from 1 by more than this, the measurement is too inexact for a verdict. */
const MAX_CONTROL_DEVIATION = 0.02;

interface Contestant {
  client: GrowingPspClient;
  store: Store;
  engine: SyncEngine;
  path: string;
  isChecked: boolean;
  /** The processor time in milliseconds of each counted round. */
  syncsMs: number[];
}

const directory = mkdtempSync(join(tmpdir(), 'tributary-completeness-'));
const isSelected = (option: string) =>
  process.argv.includes(option) || !['--sqlite', '--postgres'].some((each) => process.argv.includes(each));
try {
  if (isSelected('--sqlite')) {
    const createUrl = async (name: string) => `sqlite:${join(directory, `${name}.db`)}`;
    await compare('SQLite', createUrl, undefined);
  }
  if (isSelected('--postgres')) {
    const server = await PostgresServer.create();
    try {
      const createUrl = async (name: string) => {
        await server.createDatabase(name);
        return server.url(name);
      };
      await compare('PostgreSQL', createUrl, server.pid);
    } finally {
      await server.remove();
    }
  }
} finally {
  rmSync(directory, { recursive: true });
}

/**
 * Compares syncs with and without the check. Each variant has its own store, because two feeds in one store would have different costs:
 * rows of the feed with the highest number are appended at the end of an index, and rows of the other feed are inserted before the end.
 * @param serverPid the process id of the database; `undefined` for a database inside this process
 */
async function compare(
  name: string,
  createUrl: (name: string) => Promise<string>,
  serverPid: number | undefined,
): Promise<void> {
  const psp = await startGrowingPsp();
  const open = async (path: string, isChecked: boolean) =>
    createContestant(await openStore(await createUrl(path)), psp.origin, path, isChecked);
  // The second variant of each kind does the same work as the first one. The ratio of the two shows how exact the measurement is.
  const [checked, unchecked, secondChecked, secondUnchecked] = [
    await open('checked', true),
    await open('unchecked', false),
    await open('second_checked', true),
    await open('second_unchecked', false),
  ];
  const contestants = [checked, unchecked, secondChecked, secondUnchecked];
  for (let round = 0; round < ROUNDS; round++) {
    for (const contestant of orderFairly(contestants, round)) {
      const syncMs = await measureSync(contestant, serverPid);
      if (round >= WARM_UP_ROUNDS) contestant.syncsMs.push(syncMs);
    }
  }
  for (const contestant of contestants) {
    await assertChecked(contestant);
    contestant.client.close();
    await contestant.store.close();
  }
  psp.stop();
  const both = (a: Contestant, b: Contestant) =>
    a.syncsMs.map((each, round) => each + (b.syncsMs[round] ?? NaN));
  const without = both(unchecked, secondUnchecked);
  const ratio = report(
    `${name}: sync with / without the completeness check`,
    both(checked, secondChecked),
    without,
  );
  const controls = [
    report('  control, with / with', secondChecked.syncsMs, checked.syncsMs),
    report('  control, without / without', secondUnchecked.syncsMs, unchecked.syncsMs),
  ];
  const syncMs = findTypicalRound(without, ROUNDS_PER_STATE) / 2;
  const isExact = controls.every((control) => Math.abs(control - 1) <= MAX_CONTROL_DEVIATION);
  const comparison = ratio <= MAX_RATIO ? 'met' : 'NOT MET';
  const verdict = isExact ? comparison : 'NO VERDICT, because a control differs too much from 1';
  console.log(
    `  at most ${MAX_RATIO}: ${verdict}; ${syncMs.toFixed(1)} ms of processor time a sync without the check`,
  );
}

/**
 * Prints the ratio of the processor times of two variants.
 * @returns the ratio
 */
function report(title: string, some: readonly number[], others: readonly number[]): number {
  const ratio = findTypicalRound(some, ROUNDS_PER_STATE) / findTypicalRound(others, ROUNDS_PER_STATE);
  console.log(`${title} ${ratio.toFixed(3)}`);
  return ratio;
}

async function measureSync(
  { client, engine, path }: Contestant,
  serverPid: number | undefined,
): Promise<number> {
  client.book(PAGES_PER_PULL * ROWS_PER_PAGE);
  const usage = await measureUsage(serverPid, async () => {
    const failed = (await engine.runOnce(path)).find(({ error }) => error);
    if (failed) throw new Error(`a pull failed: ${failed.error}`);
  });
  return sumCpuMs(usage);
}

function createContestant(store: Store, origin: string, path: string, isChecked: boolean): Contestant {
  const client = new GrowingPspClient(origin, ROWS_PER_PAGE);
  const connector: SyncConnector = {
    ...{ path, client, pullIntervalMs: 60_000 },
    completeness: isChecked
      ? { isComparable: true, opening: 'zero' }
      : { isComparable: false, reason: 'the contestant without the check' },
    // In both variants, this matcher serializes the records. Without the check, it leaves out their effects on balances, so that they are
    // not added up.
    transactionMatcher: {
      match: async (items) => ({
        unmatchedItems: [],
        records: items.map((item) => serialize(item, isChecked)),
      }),
    },
  };
  const limits = { completenessIntervalMs: 0, rowSampleIntervalMs: Infinity };
  const engine = new SyncEngine(store, [connector], { logger: pino({ level: 'silent' }), limits });
  return { client, store, engine, path, isChecked, syncsMs: [] };
}

/** Serializes a transaction. Both variants do the same work: the property is also assigned where it keeps its value. */
function serialize(item: unknown, hasEffects: boolean): SerializedRecord {
  const record = serializeTransaction(item as Transaction);
  return Object.assign(record, { balanceChange: hasEffects ? record.balanceChange : undefined });
}

/**
 * Checks that all rows are stored, and that the check ran and found no difference. Otherwise the benchmark would measure another case.
 * @throws Error if rows are missing, if the check did not run although it should, or if it found a difference
 */
async function assertChecked({ store, path, isChecked }: Contestant): Promise<void> {
  const repository = store.completeness(path);
  const { headSeq } = await repository.read([]);
  const sums = await repository.list();
  const agreed = sums.filter(({ check }) => check.agreed !== undefined && !check.suspect && !check.gap);
  const accounts = isChecked ? ACCOUNTS : 0;
  const rows = ROUNDS * PAGES_PER_PULL * ROWS_PER_PAGE;
  if (headSeq !== rows || sums.length !== accounts || agreed.length !== accounts)
    throw new Error(
      `expected ${rows} rows and ${accounts} accounts that agree, found ${headSeq} rows and ${agreed.length} of ${sums.length} accounts`,
    );
}
