/**
 * Measures the cost of checking the identity of the store (whether the database was replaced or restored) at an append and at a page. The
 * same work runs with and without the checks, in short alternating rounds. For appends, each variant has its own store, so that its rows are
 * at the same positions in the indexes. For pages, all variants read the same rows of one store. The result
 * is a ratio of processor time, because wall-clock time depends on the load of the machine. A second variant without the checks shows how
 * exact the ratio is. A page is measured as a client receives it: a request over HTTP to a gateway, with the work of the database. The
 * reading of the page from the store alone is printed, too. The pages follow each other without a pause. A gateway on PostgreSQL makes the
 * comparison at most every 100 ms, so a gateway that serves less than ten pages a second makes it at each page. Options: `-- --short` uses
 * fewer rounds, `--sqlite` or `--postgres` selects one database.
 */
import { getCurrentProcess, type Lease } from '@tributary/feed';
import { sql, type RawBuilder, type SqlBool } from 'kysely';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseAdapter } from '../libs/feed/src/database/database-adapter.js';
import { openSqlite } from '../libs/feed/src/database/sqlite/sqlite-adapter.js';
import { createFileReplacementCheck } from '../libs/feed/src/database/sqlite/file-replacement-check.js';
import { openPostgres } from '../libs/feed/src/database/postgres/postgres-adapter.js';
import { OpenedFeed } from '../libs/feed/src/identity/opened-feed.js';
import { openStoreIdentity } from '../libs/feed/src/identity/open-store-identity.js';
import { acquireLease } from '../libs/feed/src/leases/feed-lease.js';
import { migrate } from '../libs/feed/src/migrations/migrate.js';
import { SqlStore } from '../libs/feed/src/store/sql-store.js';
import { PostgresServer } from '../libs/feed/src/testing/postgres-server.js';
import { measureSessionUsage, measureUsage, sumCpuMs } from './cpu-usage.js';
import { openPostgresPageReaders, openSqlitePageReaders, type PageReaders } from './page-readers.js';
import { startPageServers } from './page-requests.js';
import { findRatios, orderFairly, pickQuantile } from './round-ratios.js';
import { createRecords, feedTimeOf } from './test-records.js';

const ROUNDS = process.argv.includes('--short') ? 150 : 1000;
/** The number of rounds at the start that are not counted, because V8 still compiles the code in these rounds. */
const WARM_UP_ROUNDS = 40;
const APPENDS_PER_ROUND = 4;
/**
 * The pages of a round are divided into slices, and the variants take turns after each slice. If slices are short, other programs disturb all
 * variants equally.
 */
const SLICES_PER_ROUND = 4;
const PAGES_PER_SLICE = 10;
const ROWS_PER_PAGE = 100;
const FILE_CHECKS = 10_000;
const LEASE_MS = 3_000_000;
/** The maximum ratio of the processor time of an append or a page with the checks to that of the same work without the checks. */
const MAX_RATIO = 1.03;
const NOTHING = { rejected: [], warnings: [], resolvedIds: [], balances: [] };
/**
 * The distance between the starts of two pages, in rows. It has no common factor with the number of rows, so that pages start at all
 * positions of the feed.
 */
const STRIDE = 7919;

/** A feed whose SQL statements find it only by its number, as before the checks were added. */
class UncheckedFeed extends OpenedFeed {
  override get isSameFeed(): RawBuilder<SqlBool> {
    return sql<SqlBool>`feeds.id = cast(${this.id} as bigint)`;
  }
}

/** A variant of the append. */
interface AppendVariant {
  adapter: DatabaseAdapter;
  lease: Lease;
  /** For each round, the processor time of the appends in milliseconds. */
  cpuMs: number[];
}

/** A variant of the page. */
interface PageVariant {
  /** Reads one page from each of these rows. */
  readPages: (rows: readonly number[], rowsPerPage: number) => Promise<void>;
  /** For each slice of a round, the processor time of its pages in milliseconds. */
  cpuMs: number[];
}

interface Database {
  name: string;
  /** The process id of the database; `undefined` for a database inside this process. */
  serverPid: number | undefined;
  open(name: string): Promise<DatabaseAdapter>;
  openPageReaders(name: string, adapter: DatabaseAdapter): Promise<PageReaders>;
}

const directory = mkdtempSync(join(tmpdir(), 'tributary-identity-check-'));
const isSelected = (option: string) =>
  process.argv.includes(option) || !['--sqlite', '--postgres'].some((each) => process.argv.includes(each));
try {
  if (isSelected('--sqlite')) {
    const findFile = (name: string) => join(directory, `${name}.db`);
    await compare({
      ...{ name: 'SQLite', serverPid: undefined },
      open: (name) => openSqlite(findFile(name)),
      openPageReaders: async (name, adapter) => openSqlitePageReaders(findFile(name), adapter),
    });
  }
  if (isSelected('--postgres')) await comparePostgres();
} finally {
  rmSync(directory, { recursive: true });
}

async function comparePostgres(): Promise<void> {
  const server = await PostgresServer.create();
  try {
    await compare({
      ...{ name: 'PostgreSQL', serverPid: server.pid },
      open: async (name) => {
        await server.createDatabase(name);
        return openPostgres(server.url(name), { connections: 4, statementTimeoutMs: 10_000 });
      },
      openPageReaders: (name) => openPostgresPageReaders(server.url(name)),
    });
  } finally {
    await server.remove();
  }
}

async function compare(database: Database): Promise<void> {
  const checked = await openAppendVariant(database, 'checked', true);
  const unchecked = await openAppendVariant(database, 'unchecked', false);
  const control = await openAppendVariant(database, 'control', false);
  const appends = [checked, unchecked, control];
  // The gateways and the direct reads have readers of their own. A reader of SQLite keeps one statement for each feed as one store opened it,
  // and would prepare it again for the feed of the other store.
  const [servedReaders, directReaders] = [
    await database.openPageReaders('checked', checked.adapter),
    await database.openPageReaders('checked', checked.adapter),
  ];
  const servers = await startPageServers(
    join(directory, `${database.name}.yaml`),
    checked.adapter,
    servedReaders.variants,
  );
  const requests = servers.variants.map((readPages): PageVariant => ({ readPages, cpuMs: [] }));
  const reads = await Promise.all(
    directReaders.variants.map((readPage) => openReadVariant(checked.adapter, readPage)),
  );
  for (let round = 0; round < ROUNDS; round++) {
    for (const variant of orderFairly(appends, round)) {
      const cpuMs = await measureAppends(database, variant, round);
      if (round >= WARM_UP_ROUNDS) variant.cpuMs.push(cpuMs);
    }
    await measurePages(servedReaders.backend, requests, round);
    await measurePages(directReaders.backend, reads, round);
  }
  const fileCheckMs = database.serverPid === undefined ? measureFileCheck(checked) : 0;
  await servers.close();
  for (const readers of [servedReaders, directReaders]) readers.close();
  for (const { adapter } of appends) await adapter.close();
  // All variants check the file before each append. For the variants without checks, the time of this check is subtracted.
  for (const { cpuMs } of [unchecked, control])
    for (const [round, eachMs] of cpuMs.entries()) cpuMs[round] = eachMs - fileCheckMs * APPENDS_PER_ROUND;
  report(`${database.name}: append`, appends, MAX_RATIO);
  report(`${database.name}: page`, requests, MAX_RATIO);
  report(`${database.name}: of a page, reading it from the store`, reads);
}

async function openAppendVariant(
  database: Database,
  name: string,
  isChecked: boolean,
): Promise<AppendVariant> {
  const adapter = await database.open(name);
  await migrate(adapter);
  const store = await SqlStore.open(adapter);
  await store.feed('bench', 'transactions');
  const { id } = await adapter.reader.selectFrom('feeds').select('id').executeTakeFirstOrThrow();
  const FeedClass = isChecked ? OpenedFeed : UncheckedFeed;
  const opened = new FeedClass(adapter, await openStoreIdentity(adapter), id, 'bench', 'transactions');
  const lease = await acquireLease(adapter, opened, getCurrentProcess(), LEASE_MS, () => adapter.currentTime);
  if (!lease) throw new Error('the lease of a new feed is not free');
  return { adapter, lease, cpuMs: [] };
}

async function openReadVariant(
  adapter: DatabaseAdapter,
  readPage: DatabaseAdapter['readPage'],
): Promise<PageVariant> {
  const store = await SqlStore.open({ ...adapter, readPage });
  const feed = await store.feed('bench', 'transactions');
  const readPages = async (firstRows: readonly number[], rowsPerPage: number) => {
    for (const row of firstRows) {
      const { rows } = await feed.readPage(feedTimeOf(row), 1, rowsPerPage);
      if (rows !== rowsPerPage) throw new Error(`a page from row ${row} has ${rows} rows`);
    }
  };
  return { readPages, cpuMs: [] };
}

/**
 * Appends pages of new rows.
 * @returns the processor time in milliseconds
 */
async function measureAppends(
  { serverPid }: Database,
  { lease }: AppendVariant,
  round: number,
): Promise<number> {
  const batches = Array.from({ length: APPENDS_PER_ROUND }, (_, index) =>
    createRecords((round * APPENDS_PER_ROUND + index) * ROWS_PER_PAGE, ROWS_PER_PAGE),
  );
  const appends = await measureUsage(serverPid, async () => {
    for (const [index, records] of batches.entries())
      await lease.append({ ...NOTHING, records, cursor: `${round}/${index}` });
  });
  return sumCpuMs(appends);
}

/** Reads pages at all positions of the feed. In alternating slices, the same pages are read from each variant. */
async function measurePages(
  backend: number | undefined,
  variants: readonly PageVariant[],
  round: number,
): Promise<void> {
  const rowCount = (round + 1) * APPENDS_PER_ROUND * ROWS_PER_PAGE - ROWS_PER_PAGE;
  for (let slice = 0; slice < SLICES_PER_ROUND; slice++) {
    const firstPage = (round * SLICES_PER_ROUND + slice) * PAGES_PER_SLICE;
    const rows = Array.from({ length: PAGES_PER_SLICE }, (_, n) => ((firstPage + n) * STRIDE) % rowCount);
    for (const { readPages, cpuMs } of orderFairly(variants, round + slice)) {
      const usage = await measureSessionUsage(backend, () => readPages(rows, ROWS_PER_PAGE));
      if (round >= WARM_UP_ROUNDS) cpuMs.push(sumCpuMs(usage));
    }
  }
}

/**
 * Measures one check of a SQLite file.
 * @returns its processor time in milliseconds
 */
function measureFileCheck({ adapter }: AppendVariant): number {
  const fileCheck = createFileReplacementCheck(join(directory, 'checked.db'), adapter.changes);
  const before = process.cpuUsage();
  for (let check = 0; check < FILE_CHECKS; check++) fileCheck.check();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / FILE_CHECKS;
}

/**
 * Prints the ratio of two variants.
 * @param variants the variant with the checks, the variant without them, and the second variant without them
 * @param maximum the maximum ratio; absent for a part of another measurement
 */
function report(what: string, variants: readonly { cpuMs: number[] }[], maximum?: number): void {
  const [checked = [], unchecked = [], control = []] = variants.map(({ cpuMs }) => cpuMs);
  const ratios = findRatios(checked, unchecked);
  const ratio = pickQuantile(ratios, 0.5);
  const verdict =
    maximum === undefined ? '' : `at most ${maximum}: ${ratio <= maximum ? 'met' : 'NOT MET'}; `;
  const withoutChecks = pickQuantile(findRatios(control, unchecked), 0.5);
  const [low, high] = [pickQuantile(ratios, 0.25), pickQuantile(ratios, 0.75)];
  console.log(
    `${what} with / without the identity checks ${ratio.toFixed(3)} of processor time (${verdict}half of the measurements ${low.toFixed(3)} to ${high.toFixed(3)}; without / without ${withoutChecks.toFixed(3)}; median ${pickQuantile(checked, 0.5).toFixed(2)} ms a measurement)`,
  );
}
