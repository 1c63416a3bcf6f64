/**
 * Measures the cost of appending rows and reading pages through the library `feed`, and compares it with the database alone for the same
 * bytes. The variants run in short alternating rounds, so that load from other processes affects all variants equally. Options:
 * `-- --short` uses fewer rows and skips the memory measurement, `--growth` measures only memory, `--sqlite` or `--postgres` selects one
 * database.
 */
import { openStore, getCurrentProcess, type Store } from '@tributary/feed';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PostgresServer } from '../libs/feed/src/testing/postgres-server.js';
import type { PlainDatabase, TableKind } from './plain-database.js';
import { plainPostgres } from './plain-postgres.js';
import { plainSqlite } from './plain-sqlite.js';
import { createPlainRows, createRecords, feedTimeOf } from './test-records.js';
import { NO_USAGE, addUsage, measureUsage, type Usage } from './cpu-usage.js';
import { reportLimit } from './report-limit.js';

const hasOption = (option: string) => process.argv.includes(option);
const short = hasOption('--short');
const isGrowthOnly = hasOption('--growth');
const ROW_COUNT = short ? 40_000 : 1_000_000;
const ROWS_PER_ROUND = 10_000;
const READ_COUNT = short ? 2_000 : 20_000;
const READS_PER_ROUND = 500;
/** The numbers of rows after which memory is measured. */
const MEMORY_MARKS_ROWS = [100_000, 1_000_000, 5_000_000];
const MEGABYTE = 1024 * 1024;
/** The maximum growth of memory in bytes from the first mark, when the caches are full, to the last mark. */
const MAX_GROWTH_BYTES = 32 * MEGABYTE;
/**
 * The semi-space size of V8 in megabytes. By default, V8 may double the young generation (three semi-spaces) during allocation peaks, and
 * does not shrink it again. That can add up to 100 MB although no objects are kept. With a fixed size, the young generation stays the same
 * from the first mark on.
 */
const SEMI_SPACE_MB = 16;

/** A database to measure: a function that creates stores in it, and its server process. */
interface DatabaseSetup {
  name: string;
  option: '--sqlite' | '--postgres';
  serverPid: number | undefined;
  /**
   * Creates a new, empty store.
   * @returns its URL
   */
  createStoreUrl(): Promise<string>;
  openPlain(url: string, kind: TableKind): Promise<PlainDatabase>;
}

interface Contestant {
  name: string;
  append(first: number, count: number): Promise<() => Promise<unknown>>;
  read(from: number): Promise<unknown>;
  close(): Promise<void>;
}

const directory = mkdtempSync(join(tmpdir(), 'tributary-append-'));
// Every commit waits for the disk, as in production.
const server = await PostgresServer.create([]);
try {
  process.exitCode = (await main()) ? 0 : 1;
} finally {
  await server.remove();
  rmSync(directory, { recursive: true, force: true });
}

async function main(): Promise<boolean> {
  let databaseCount = 0;
  const setups: DatabaseSetup[] = [
    {
      name: 'SQLite',
      option: '--sqlite',
      serverPid: undefined,
      createStoreUrl: async () => `sqlite:${join(directory, `${++databaseCount}.db`)}`,
      openPlain: async (url, kind) => plainSqlite(url.slice('sqlite:'.length), kind),
    },
    {
      name: 'PostgreSQL',
      option: '--postgres',
      serverPid: server.pid,
      createStoreUrl: async () => {
        const name = `bench_${++databaseCount}`;
        await server.createDatabase(name);
        return server.url(name);
      },
      openPlain: plainPostgres,
    },
  ];
  const results: boolean[] = [];
  for (const ground of setups.filter(isSelected)) {
    if (!isGrowthOnly) for (const pageSize of [100, 1000]) results.push(await compare(ground, pageSize));
    if (!short) results.push(await measureGrowth(ground));
  }
  return results.every(Boolean);
}

/** Returns true if this database is selected. Without an option, both databases are selected. */
function isSelected({ option }: DatabaseSetup): boolean {
  return hasOption(option) || !(hasOption('--sqlite') || hasOption('--postgres'));
}

async function compare(ground: DatabaseSetup, pageSize: number): Promise<boolean> {
  const contestants = await Promise.all([
    createStoreContestant(ground, pageSize),
    createPlainContestant(ground, 'same', pageSize),
    createPlainContestant(ground, 'bare', pageSize),
  ]);
  const [store, same, bare] = contestants;
  console.log(
    `\n${ground.name}: ${ROW_COUNT.toLocaleString('en')} rows in pages of ${pageSize}, a durable transaction each`,
  );
  const appended = await runRounds(
    contestants,
    ROW_COUNT / ROWS_PER_ROUND,
    (each, round) => each.append(round * ROWS_PER_ROUND, ROWS_PER_ROUND),
    ground,
  );
  for (const each of contestants) printUsage(`append: ${each.name}`, ROW_COUNT, 'rows', appended.get(each));
  let n = 0;
  const readers = [store, same];
  const reads = async (each: Contestant) => async () => {
    for (let read = 0; read < READS_PER_ROUND; read++)
      await each.read(feedTimeOf((n++ * 7919) % (ROW_COUNT - 100)));
  };
  const read = await runRounds(readers, READ_COUNT / READS_PER_ROUND, reads, ground);
  for (const each of readers) printUsage(`read 100 rows: ${each.name}`, READ_COUNT, 'pages', read.get(each));
  for (const each of contestants) await each.close();
  const ratio = (other: Contestant, costs: Map<Contestant, Usage>) =>
    wallMs(costs, other) / wallMs(costs, store);
  console.log(`     of the bare table’s speed: ${ratio(bare, appended).toFixed(2)}`);
  return [
    checkRatio('appending / plain insert into the same table', ratio(same, appended), 0.5),
    checkRatio('a page / plain select of its rows', ratio(same, read), 0.5),
  ].every(Boolean);
}

async function createStoreContestant(ground: DatabaseSetup, pageSize: number): Promise<Contestant> {
  const store = await openStore(await ground.createStoreUrl());
  const feed = await store.feed('bench', 'transactions');
  const append = await createAppender(store);
  return {
    name: 'the store',
    append: async (first, count) => {
      const pages = splitIntoChunks(createRecords(first, count), pageSize);
      return async () => {
        for (const records of pages) await append(records);
      };
    },
    read: async (from) => feed.readPage(from, 1, 100),
    close: () => store.close(),
  };
}

async function createPlainContestant(
  ground: DatabaseSetup,
  kind: TableKind,
  pageSize: number,
): Promise<Contestant> {
  const url = await ground.createStoreUrl();
  if (kind === 'same') await (await openStore(url)).close();
  const database = await ground.openPlain(url, kind);
  return {
    name: kind === 'same' ? 'plain insert or select, the same table' : 'plain insert or copy, a bare table',
    append: async (first, count) => {
      const pages = splitIntoChunks(createPlainRows(first, count), pageSize);
      return async () => {
        for (const rows of pages) await database.append(rows);
      };
    },
    read: (from) => database.read(from, 100),
    close: () => database.close(),
  };
}

async function createAppender(
  store: Store,
): Promise<(records: ReturnType<typeof createRecords>) => Promise<unknown>> {
  const lease = await (
    await store.feed('bench', 'transactions')
  ).acquireLease(getCurrentProcess(), 3_600_000);
  if (!lease) throw new Error('the feed of the benchmark is held by another writer');
  let cursor = 0;
  const nothing = { rejected: [], warnings: [], resolvedIds: [], balances: [] };
  return (records) => lease.append({ ...nothing, records, cursor: String(++cursor) });
}

/** Runs each round with each variant. The preparation of a round is not measured. */
async function runRounds(
  contestants: readonly Contestant[],
  rounds: number,
  prepare: (contestant: Contestant, round: number) => Promise<() => Promise<unknown>>,
  { serverPid }: DatabaseSetup,
): Promise<Map<Contestant, Usage>> {
  const costs = new Map<Contestant, Usage>();
  for (let round = 0; round < rounds; round++) {
    for (const each of contestants) {
      const usage = await measureUsage(serverPid, await prepare(each, round));
      costs.set(each, addUsage(costs.get(each) ?? NO_USAGE, usage));
    }
  }
  return costs;
}

function wallMs(costs: Map<Contestant, Usage>, contestant: Contestant): number {
  return costs.get(contestant)?.wallMs ?? NaN;
}

/** Measures memory growth in a separate process that does nothing else. */
async function measureGrowth(ground: DatabaseSetup): Promise<boolean> {
  const child = fork(
    fileURLToPath(new URL('./memory-growth.js', import.meta.url)),
    [await ground.createStoreUrl(), ...MEMORY_MARKS_ROWS.map(String)],
    { execArgv: ['--expose-gc', `--max-semi-space-size=${SEMI_SPACE_MB}`] },
  );
  const sizes: number[] = [];
  child.on('message', (rss) => sizes.push(Number(rss)));
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0 || sizes.length !== MEMORY_MARKS_ROWS.length)
    throw new Error(`appending in a process of its own ended with ${code}`);
  const shown = MEMORY_MARKS_ROWS.map(
    (rows, index) => `${rows.toLocaleString('en')} rows ${megabytes(sizes[index])}`,
  );
  console.log(`     ${ground.name}, resident memory of the process: ${shown.join(', ')}`);
  const grown = (sizes.at(-1) ?? NaN) - (sizes[0] ?? NaN);
  return reportLimit(
    'growth of the memory',
    megabytes(grown),
    grown <= MAX_GROWTH_BYTES,
    `at most ${megabytes(MAX_GROWTH_BYTES)}`,
  );
}

function splitIntoChunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, n) =>
    list.slice(n * size, (n + 1) * size),
  );
}

function printUsage(what: string, count: number, unit: string, usage: Usage = NO_USAGE): void {
  const each = (milliseconds: number) => ((milliseconds * 1000) / count).toFixed(1);
  console.log(
    `     ${what.padEnd(55)} ${Math.round((count * 1000) / usage.wallMs)
      .toString()
      .padStart(8)} ${unit}/s; ` +
      `processor each: ${each(usage.ownCpuMs)} µs here, ${each(usage.databaseCpuMs)} µs in the database`,
  );
}

function checkRatio(what: string, ratio: number, least: number): boolean {
  return reportLimit(what, ratio.toFixed(2), ratio >= least, `at least ${least}`);
}

function megabytes(bytes = NaN): string {
  return `${(bytes / MEGABYTE).toFixed(0)} MB`;
}
