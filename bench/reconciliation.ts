/**
 * Measures the reconciliation of a PSP's rows with the same number of ledger transactions: first of all rows, then of only the new rows of
 * a day. The results are ratios of processor time in one run, because wall-clock time depends on the load of the machine. The comparison
 * runs in a separate process, whose largest resident memory is printed. Options: `-- --short` uses fewer rows, `--sqlite` or `--postgres`
 * selects one database.
 */
import { getCurrentProcess, openStore, type LedgerTransaction, type Store } from '@tributary/feed';
import { serializeTransaction } from '@tributary/connector-api';
import { previewPolicy, runPolicy, type LedgerSource, type Policy } from '@tributary/reconciliation';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FAST_SETTINGS, PostgresServer } from '../libs/feed/src/testing/postgres-server.js';
import { measureUsage, sumCpuMs } from './cpu-usage.js';
import { measureItemJoin } from './item-join.js';
import { reportLimit } from './report-limit.js';

const ROWS = process.argv.includes('--short') ? 100_000 : 1_000_000;
const NEW_ROWS = ROWS / 100;
/** The number of old rows in the first measurement of new rows. The second measurement uses all old rows. */
const FEW_ROWS = ROWS / 10;
const PAGE_ROWS = 1000;
const ACCOUNTS = 10;
const FIRST_ROW_AT = Date.UTC(2024, 0, 1);
const SECOND_MS = 1000;
/** The distance between faults in rows. At each fault, one row has no booking, and one booking has another amount. */
const FAULT_INTERVAL_ROWS = 10_000;
const MAX_JOIN_RATIO = 2;
const MAX_MEMORY_MB = 200;
/** The maximum ratio of two costs: the same new rows on ten times as many old rows, compared with fewer old rows. */
const MAX_GROWTH_RATIO = 1.5;
/**
 * The semi-space size of V8 in megabytes. By default, V8 lets its young generation grow with the load. With a fixed size, the memory of two
 * runs can be compared.
 */
const SEMI_SPACE_MB = 16;

const POLICY: Policy = {
  ...{ name: 'bench', ledger: 'bench/main', sign: 'same' },
  accounts: Array.from({ length: ACCOUNTS }, (_, index) => ({
    ...{ connector: 'bench', account: `acc_${index}`, address: `psp:acc_${index}` },
  })),
  rules: [
    { kind: 'exact', psp: 'id', ledger: 'reference' },
    { kind: 'group', psp: 'metadata.batch', ledger: 'metadata.batch' },
    { kind: 'window', days: 3 },
  ],
  grace: { bookingMs: 0, settlementMs: 0 },
};

/** A ledger that computes its transactions when they are read, so that they need no memory. */
class ComputedLedger implements LedgerSource {
  readonly name = POLICY.ledger;
  constructor(private readonly size: number) {}

  async listTransactions(afterId: number): Promise<LedgerTransaction[]> {
    const first = Math.max(0, afterId);
    return Array.from({ length: Math.min(PAGE_ROWS, this.size - first) }, (_, index) => book(first + index));
  }

  async getBalances(address: string): Promise<ReadonlyMap<string, bigint>> {
    // The JavaScript numbers are exact here, because the sum is far below 2^53.
    let balance = 0;
    for (let n = Number(address.slice('psp:acc_'.length)); n < this.size; n += ACCOUNTS)
      balance += getBookedAmount(n);
    return new Map([['EUR/2', BigInt(balance)]]);
  }
}

function getAmount(n: number): number {
  return (n % 1_000_000) + 1;
}

function getBookedAmount(n: number): number {
  return n % FAULT_INTERVAL_ROWS === 1 ? getAmount(n) + 1 : getAmount(n);
}

function toId(n: number): string {
  return `tr_${n.toString(36).padStart(10, '0')}`;
}

function book(n: number): LedgerTransaction {
  return {
    ...{ id: n + 1, at: FIRST_ROW_AT + n * SECOND_MS, metadata: { source: 'bench' } },
    reference: n % FAULT_INTERVAL_ROWS === 0 ? `unknown_${n}` : toId(n),
    postings: [
      {
        ...{ source: 'world', destination: `psp:acc_${n % ACCOUNTS}` },
        ...{ asset: 'EUR/2', amount: getBookedAmount(n).toString() },
      },
    ],
  };
}

async function appendRows(store: Store, first: number, end: number): Promise<void> {
  const feed = await store.feed('bench', 'transactions');
  const lease = await feed.acquireLease(getCurrentProcess(), 3_600_000);
  if (!lease) throw new Error('the feed of the benchmark is held by another writer');
  for (let start = first; start < end; start += PAGE_ROWS)
    await lease.append({
      records: Array.from({ length: Math.min(PAGE_ROWS, end - start) }, (_, index) =>
        createRecord(start + index),
      ),
      ...{ rejected: [], warnings: [], resolvedIds: [], balances: [], cursor: String(start) },
    });
  await lease.release();
}

function createRecord(n: number) {
  return serializeTransaction({
    ...{ id: toId(n), createdAt: new Date(FIRST_ROW_AT + n * SECOND_MS).toISOString() },
    ...{ type: 'PAYIN', status: 'SUCCEEDED', destinationAccountId: `acc_${n % ACCOUNTS}` },
    amount: { amount: BigInt(getAmount(n)), asset: 'EUR/2' },
    metadata: { 'com.bench.spec/end_to_end_id': `E2E-${n}`, 'com.bench.spec/remittance': `Invoice ${n}` },
  });
}

interface Measurement {
  cpuMs: number;
  maxMemoryMb: number;
  breaks: number;
}

/** The task of the child process. `run` makes a run of reconciliation. `compare` compares all items and stores no run. */
type Task = 'run' | 'compare';

const [task, url, size, pid] = process.argv.slice(2);
if (task === 'run' || task === 'compare') await work(task, url ?? '', Number(size), Number(pid) || undefined);
else await compareDatabases();

async function work(kind: Task, storeUrl: string, ledgerSize: number, serverPid: number | undefined) {
  const store = await openStore(storeUrl);
  let breaks = 0;
  const usage = await measureUsage(serverPid, async () => {
    if (kind === 'run') {
      const { summary } = await runPolicy(
        store,
        POLICY,
        { ledger: new ComputedLedger(ledgerSize) },
        Date.now(),
      );
      if (summary.problems.length > 0)
        throw new Error(`the run is incomplete: ${summary.problems.join('; ')}`);
      breaks = summary.breaks.count;
    } else {
      const { summary } = await previewPolicy(
        store,
        POLICY,
        { ledger: new ComputedLedger(ledgerSize) },
        Date.now(),
      );
      if (summary.problems.length > 0)
        throw new Error(`the data is incomplete: ${summary.problems.join('; ')}`);
    }
  });
  await store.close();
  const measured: Measurement = {
    ...{ cpuMs: sumCpuMs(usage), breaks },
    maxMemoryMb: process.resourceUsage().maxRSS / 1024,
  };
  process.send?.(measured);
}

async function compareDatabases(): Promise<void> {
  const isSelected = (option: string) =>
    process.argv.includes(option) || !['--sqlite', '--postgres'].some((each) => process.argv.includes(each));
  if (isSelected('--sqlite')) {
    const directory = mkdtempSync(join(tmpdir(), 'tributary-reconciliation-'));
    try {
      await compare('SQLite', `sqlite:${join(directory, 'store.db')}`, undefined);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }
  if (!isSelected('--postgres')) return;
  // The processor time of a parallel worker is lost when the worker ends, so the time of the join would be too small.
  const server = await PostgresServer.create([...FAST_SETTINGS, 'max_parallel_workers_per_gather=0']);
  try {
    await server.createDatabase('reconciliation');
    await compare('PostgreSQL', server.url('reconciliation'), server.pid);
  } finally {
    await server.remove();
  }
}

/**
 * Compares the costs.
 * @param serverPid the process id of the database; `undefined` for a database inside the process
 */
async function compare(name: string, storeUrl: string, serverPid: number | undefined): Promise<void> {
  const measure = (kind: Task, ledgerSize: number) => measureInChild(kind, storeUrl, ledgerSize, serverPid);
  const store = await openStore(storeUrl);
  await appendRows(store, 0, FEW_ROWS);
  await measure('run', FEW_ROWS);
  await appendRows(store, FEW_ROWS, FEW_ROWS + NEW_ROWS);
  const onFew = await measure('run', FEW_ROWS + NEW_ROWS);
  await appendRows(store, FEW_ROWS + NEW_ROWS, ROWS);
  const first = await measure('run', ROWS);
  const join = sumCpuMs(await measureItemJoin(storeUrl, serverPid, ROWS - (2 * ROWS) / FAULT_INTERVAL_ROWS));
  const whole = await measure('compare', ROWS);
  await appendRows(store, ROWS, ROWS + NEW_ROWS);
  const onAll = await measure('run', ROWS + NEW_ROWS);
  await store.close();
  const expected = (3 * ROWS) / FAULT_INTERVAL_ROWS;
  if (first.breaks !== expected) throw new Error(`found ${first.breaks} breaks; expected ${expected}`);
  const count = ROWS.toLocaleString('en');
  check(
    `${name}: ${count} x ${count}, comparison / SQL join of the items`,
    whole.cpuMs / join,
    MAX_JOIN_RATIO,
  );
  check(
    `${name}: run with ${NEW_ROWS.toLocaleString('en')} new rows on ${count} / on ${FEW_ROWS.toLocaleString('en')}`,
    onAll.cpuMs / onFew.cpuMs,
    MAX_GROWTH_RATIO,
  );
  const peaks = {
    ...{ 'the first run, which copies the ledger': first, 'the comparison of all items': whole },
    'the run with new rows': onAll,
  };
  for (const [what, { maxMemoryMb }] of Object.entries(peaks))
    check(`${name}: largest resident memory of ${what}, in MB`, maxMemoryMb, MAX_MEMORY_MB);
  const perThousand = (cpuMs: number, rows: number) => ((1000 * cpuMs) / rows).toFixed(0);
  console.log(
    `     ${name}, processor time per 1,000 new rows: first run ${perThousand(first.cpuMs, ROWS - FEW_ROWS - NEW_ROWS)} ms, run with ${NEW_ROWS.toLocaleString('en')} new rows ${perThousand(onAll.cpuMs, NEW_ROWS)} ms`,
  );
  const costs = {
    ...{ 'SQL join': join, comparison: whole.cpuMs },
    'the first run, which copies the ledger and creates the items': first.cpuMs,
    'the run with new rows': onAll.cpuMs,
  };
  const texts = Object.entries(costs).map(([what, cpuMs]) => `${what} ${Math.round(cpuMs)} ms`);
  console.log(`     ${name}, processor time: ${texts.join(', ')}`);
}

function check(text: string, value: number, limit: number): void {
  if (!reportLimit(text, value.toFixed(2), value <= limit, `at most ${limit}`)) process.exitCode = 1;
}

async function measureInChild(
  kind: Task,
  storeUrl: string,
  ledgerSize: number,
  serverPid: number | undefined,
): Promise<Measurement> {
  const child = fork(
    fileURLToPath(import.meta.url),
    [kind, storeUrl, String(ledgerSize), String(serverPid ?? '')],
    { execArgv: [`--max-semi-space-size=${SEMI_SPACE_MB}`] },
  );
  let measured: Measurement | undefined;
  child.on('message', (message) => (measured = message as Measurement));
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0 || !measured) throw new Error(`the process for "${kind}" ended with ${code}`);
  return measured;
}
