/**
 * Measures the cost of appending rows and reading pages through the store. Compares it with the database
 * alone on the same bytes. The contestants run in alternating short rounds, so that load from other processes
 * affects all of them equally. Options: `-- --short` uses fewer rows and skips the memory measurement,
 * `--growth` measures memory only, `--sqlite` or `--postgres` selects one database.
 */
import { openStore, thisProcess, type Store } from '@tributary/feed';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PostgresServer } from '../libs/feed/src/testing/postgres-server.js';
import type { Plain, TableKind } from './plain.js';
import { plainPostgres } from './plain-postgres.js';
import { plainSqlite } from './plain-sqlite.js';
import { plainRowsFrom, recordsFrom, timeOf } from './records.js';
import { NO_USAGE, sum, usageOf, type Usage } from './usage.js';

const said = (option: string) => process.argv.includes(option);
const short = said('--short');
const growthOnly = said('--growth');
const ROWS = short ? 40_000 : 1_000_000;
const ROUND = 10_000;
const READS = short ? 2_000 : 20_000;
const READS_A_ROUND = 500;
/** Numbers of rows after which memory is measured. */
const MARKS = [100_000, 1_000_000, 5_000_000];
const MEGABYTE = 1024 * 1024;
/** Maximum growth in bytes between the first mark, when the caches are full, and the last mark. */
const FLAT = 32 * MEGABYTE;
/**
 * Semi-space size of V8 in megabytes. By default V8 may double the young generation (three semi-spaces)
 * during allocation peaks and does not shrink it. That can add up to 100 MB which are not retained objects. A
 * fixed size keeps it constant from the first mark on.
 */
const NEW_OBJECTS = 16;

/** One database under test: how to create stores in it, and its server process. */
interface Ground {
  name: string;
  option: '--sqlite' | '--postgres';
  postmaster: number | undefined;
  /** @returns the URL of a new, empty store */
  fresh(): Promise<string>;
  plain(url: string, kind: TableKind): Promise<Plain>;
}

interface Contestant {
  name: string;
  append(first: number, count: number): Promise<() => Promise<unknown>>;
  read(from: number): Promise<unknown>;
  close(): Promise<void>;
}

const directory = mkdtempSync(join(tmpdir(), 'tributary-append-'));
// As in production, every commit waits for the disk.
const server = await PostgresServer.create([]);
try {
  process.exitCode = (await main()) ? 0 : 1;
} finally {
  await server.remove();
  rmSync(directory, { recursive: true, force: true });
}

async function main(): Promise<boolean> {
  let databases = 0;
  const grounds: Ground[] = [
    {
      name: 'SQLite',
      option: '--sqlite',
      postmaster: undefined,
      fresh: async () => `sqlite:${join(directory, `${++databases}.db`)}`,
      plain: async (url, kind) => plainSqlite(url.slice('sqlite:'.length), kind),
    },
    {
      name: 'PostgreSQL',
      option: '--postgres',
      postmaster: server.pid,
      fresh: async () => {
        const name = `bench_${++databases}`;
        await execute(`create database ${name}`);
        return server.url(name);
      },
      plain: plainPostgres,
    },
  ];
  const verdicts: boolean[] = [];
  for (const ground of grounds.filter(isAsked)) {
    if (!growthOnly) for (const pageSize of [100, 1000]) verdicts.push(await compare(ground, pageSize));
    if (!short) verdicts.push(await growth(ground));
  }
  return verdicts.every(Boolean);
}

/** Returns whether this database is selected. Without an option both databases are. */
function isAsked({ option }: Ground): boolean {
  return said(option) || !(said('--sqlite') || said('--postgres'));
}

async function compare(ground: Ground, pageSize: number): Promise<boolean> {
  const contestants = await Promise.all([
    ours(ground, pageSize),
    plain(ground, 'same', pageSize),
    plain(ground, 'bare', pageSize),
  ]);
  const [store, same, bare] = contestants;
  console.log(
    `\n${ground.name}: ${ROWS.toLocaleString('en')} rows in pages of ${pageSize}, a durable transaction each`,
  );
  const appended = await race(
    contestants,
    ROWS / ROUND,
    (each, round) => each.append(round * ROUND, ROUND),
    ground,
  );
  for (const each of contestants) print(`append: ${each.name}`, ROWS, 'rows', appended.get(each));
  let n = 0;
  const readers = [store, same];
  const reads = async (each: Contestant) => async () => {
    for (let read = 0; read < READS_A_ROUND; read++) await each.read(timeOf((n++ * 7919) % (ROWS - 100)));
  };
  const read = await race(readers, READS / READS_A_ROUND, reads, ground);
  for (const each of readers) print(`read 100 rows: ${each.name}`, READS, 'pages', read.get(each));
  for (const each of contestants) await each.close();
  const ratio = (other: Contestant, costs: Map<Contestant, Usage>) => wall(costs, other) / wall(costs, store);
  console.log(`     of the bare table’s speed: ${ratio(bare, appended).toFixed(2)}`);
  return [
    check('appending / plain insert into the same table', ratio(same, appended), 0.5),
    check('a page / plain select of its rows', ratio(same, read), 0.5),
  ].every(Boolean);
}

async function ours(ground: Ground, pageSize: number): Promise<Contestant> {
  const store = await openStore(await ground.fresh());
  const feed = await store.feed('bench', 'transactions');
  const append = await appender(store);
  return {
    name: 'the store',
    append: async (first, count) => {
      const pages = chunks(recordsFrom(first, count), pageSize);
      return async () => {
        for (const records of pages) await append(records);
      };
    },
    read: async (from) => feed.page(from, 1, 100),
    close: () => store.close(),
  };
}

async function plain(ground: Ground, kind: TableKind, pageSize: number): Promise<Contestant> {
  const url = await ground.fresh();
  if (kind === 'same') await (await openStore(url)).close();
  const database = await ground.plain(url, kind);
  return {
    name: kind === 'same' ? 'plain insert or select, the same table' : 'plain insert or copy, a bare table',
    append: async (first, count) => {
      const pages = chunks(plainRowsFrom(first, count), pageSize);
      return async () => {
        for (const rows of pages) await database.append(rows);
      };
    },
    read: (from) => database.read(from, 100),
    close: () => database.close(),
  };
}

async function appender(
  store: Store,
): Promise<(records: ReturnType<typeof recordsFrom>) => Promise<unknown>> {
  const lease = await (await store.feed('bench', 'transactions')).lease(thisProcess(), 3_600_000);
  if (!lease) throw new Error('the feed of the benchmark is held by another writer');
  let cursor = 0;
  const nothing = { refused: [], findings: [], cleared: [], balances: [] };
  return (records) => lease.append({ ...nothing, records, cursor: String(++cursor) });
}

/** Runs each round with each contestant. The preparation of a round is not measured. */
async function race(
  contestants: readonly Contestant[],
  rounds: number,
  prepare: (contestant: Contestant, round: number) => Promise<() => Promise<unknown>>,
  { postmaster }: Ground,
): Promise<Map<Contestant, Usage>> {
  const costs = new Map<Contestant, Usage>();
  for (let round = 0; round < rounds; round++) {
    for (const each of contestants) {
      const usage = await usageOf(postmaster, await prepare(each, round));
      costs.set(each, sum(costs.get(each) ?? NO_USAGE, usage));
    }
  }
  return costs;
}

function wall(costs: Map<Contestant, Usage>, contestant: Contestant): number {
  return costs.get(contestant)?.wall ?? NaN;
}

/** Measures memory growth in a separate process that does nothing else. */
async function growth(ground: Ground): Promise<boolean> {
  const child = fork(
    fileURLToPath(new URL('./growth.js', import.meta.url)),
    [await ground.fresh(), ...MARKS.map(String)],
    { execArgv: ['--expose-gc', `--max-semi-space-size=${NEW_OBJECTS}`] },
  );
  const sizes: number[] = [];
  child.on('message', (rss) => sizes.push(Number(rss)));
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0 || sizes.length !== MARKS.length)
    throw new Error(`appending in a process of its own ended with ${code}`);
  const shown = MARKS.map((rows, index) => `${rows.toLocaleString('en')} rows ${megabytes(sizes[index])}`);
  console.log(`     ${ground.name}, resident memory of the process: ${shown.join(', ')}`);
  const grown = (sizes.at(-1) ?? NaN) - (sizes[0] ?? NaN);
  const good = grown <= FLAT;
  console.log(`${good ? 'ok  ' : 'FAIL'} memory grown by ${megabytes(grown)}, at most ${megabytes(FLAT)}`);
  return good;
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, n) =>
    list.slice(n * size, (n + 1) * size),
  );
}

function print(what: string, count: number, unit: string, usage: Usage = NO_USAGE): void {
  const each = (milliseconds: number) => ((milliseconds * 1000) / count).toFixed(1);
  console.log(
    `     ${what.padEnd(55)} ${Math.round((count * 1000) / usage.wall)
      .toString()
      .padStart(8)} ${unit}/s; ` +
      `processor each: ${each(usage.own)} µs here, ${each(usage.database)} µs in the database`,
  );
}

function check(what: string, ratio: number, least: number): boolean {
  const good = ratio >= least;
  console.log(`${good ? 'ok  ' : 'FAIL'} ${what}: ${ratio.toFixed(2)}, at least ${least}`);
  return good;
}

function megabytes(bytes = NaN): string {
  return `${(bytes / MEGABYTE).toFixed(0)} MB`;
}

async function execute(statement: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client(server.url('postgres'));
  await client.connect();
  await client.query(statement);
  await client.end();
}
