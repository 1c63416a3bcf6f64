/**
 * Kills the program during `tributary reconcile run`, at requests to the ledger and at writes to the store. A killed run must leave no
 * result and no event, and the next run must have the result of a run that was not disturbed.
 */
import { openStore } from '@tributary/feed';
import { verifyEvents, verifyRun, type RunSummary } from '@tributary/reconciliation';
import Database from 'better-sqlite3';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { POSTGRES_STORE, SQLITE_STORE, type FreshStore } from '../../libs/feed/src/testing/stores.js';
import { appendRows, createPayment } from '../../libs/reconciliation/src/testing/feed-rows.js';

const AT = Date.UTC(2026, 0, 10);
const ROWS = 2_500;
const PAGE_SIZE = 1_000;
/** The maximum time for one run to reach its point. On a busy machine, the program needs long to start. */
const MAX_WAIT_MS = 120_000;
const TEST_TIMEOUT_MS = 600_000;

let directory: string;
let config: string;
let fresh: FreshStore;
let ledger: Server;
/** The path at whose next request the ledger does not answer, and the function that is called then. */
let silence: { path: string; onRequest: () => void } | undefined;
let running: ChildProcess | undefined;
/** What the newest run has written to its standard error. */
let errors = '';

beforeAll(async () => {
  ledger = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://ledger');
    if (silence !== undefined && pathname.endsWith(silence.path)) silence.onRequest();
    else answer(pathname, searchParams.get('query') ?? '{}', response);
  }).listen(0, '127.0.0.1');
  await once(ledger, 'listening');
});
afterAll(() => {
  ledger.closeAllConnections();
  ledger.close();
});
afterEach(async () => {
  running?.kill('SIGKILL');
  silence = undefined;
  await fresh.remove();
  rmSync(directory, { recursive: true });
});

/** Answers like Ledger v2. The booking of row 7 is missing, and the booking of row 8 has another amount. */
function answer(path: string, query: string, response: ServerResponse): void {
  const numbers = Array.from({ length: ROWS }, (_, index) => index + 1).filter((number) => number !== 7);
  const toAmount = (number: number) => (number === 8 ? 99 : 100);
  if (path.endsWith('/aggregate/balances')) {
    const sum = numbers.reduce((total, number) => total + toAmount(number), 0);
    response.end(`{"data":{"EUR/2":${sum}}}`);
    return;
  }
  const afterId = (JSON.parse(query) as { $gt: { id: number } }).$gt.id;
  const data = numbers
    .filter((number) => number > afterId)
    .slice(0, PAGE_SIZE)
    .map((number) => ({
      ...{ id: number, timestamp: new Date(AT).toISOString(), reference: `p${number}`, metadata: {} },
      postings: [{ source: 'world', destination: 'psp:a', asset: 'EUR/2', amount: toAmount(number) }],
    }));
  response.end(JSON.stringify({ cursor: { data } }));
}

async function prepare(store: FreshStore): Promise<void> {
  fresh = store;
  directory = mkdtempSync(join(tmpdir(), 'tributary-killed-run-'));
  config = join(directory, 'gateway.yaml');
  const { port } = ledger.address() as AddressInfo;
  writeFileSync(
    config,
    `store: '${fresh.url}'
connectors: [{ name: bank, plugin: sandbox, apiKeys: [a-key-of-the-test-1] }]
reconciliation:
  policies:
    - name: bank
      ledger: { url: 'http://127.0.0.1:${port}', name: main }
      accounts: [{ connector: bank, account: a, ledgerAccount: 'psp:a' }]
      rules: [{ kind: exact, psp: id, ledger: reference }]
`,
  );
  const opened = await openStore(fresh.url);
  const rows = Array.from({ length: ROWS }, (_, index) => createPayment(`p${index + 1}`, 'a', 100n, AT));
  await appendRows(opened, 'bank', rows);
  await opened.close();
}

function startRun(): ChildProcess {
  running = spawn(process.execPath, ['dist/program/main.js', 'reconcile', 'run', '-c', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  errors = '';
  running.stderr?.on('data', (text: Buffer) => (errors += String(text)));
  return running;
}

/** Starts a run, and kills it when the condition is met. */
async function killRunWhen(isReached: (child: ChildProcess) => boolean | Promise<boolean>): Promise<void> {
  const child = startRun();
  const ended = once(child, 'exit');
  for (const deadline = Date.now() + MAX_WAIT_MS; !(await isReached(child)); await sleep(2))
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`the run did not reach the point at which it is killed: ${errors}`);
  child.kill('SIGKILL');
  await ended;
}

async function killRunAtRequest(path: string): Promise<void> {
  let isReached = false;
  silence = { path, onRequest: () => (isReached = true) };
  await killRunWhen(() => isReached);
  silence = undefined;
}

/**
 * Checks that each run has one event, and that the stored runs can be repeated.
 * @returns the summaries of all runs, newest first
 */
async function listProvenRuns(): Promise<RunSummary[]> {
  const store = await openStore(fresh.url);
  try {
    const repository = store.reconciliation();
    const runs = await repository.listRuns(undefined, 100);
    expect(await verifyEvents(repository)).toEqual({ events: runs.length, problem: undefined });
    for (const run of runs) expect(await verifyRun(repository, run)).toBeUndefined();
    return runs.map(({ summary }) => JSON.parse(summary) as RunSummary);
  } finally {
    await store.close();
  }
}

async function expectUndisturbedResult(): Promise<void> {
  const [exitCode] = (await once(startRun(), 'exit')) as [number];
  expect({ exitCode, errors }).toEqual({ exitCode: 1, errors: '' });
  const [summary] = await listProvenRuns();
  expect(summary).toMatchObject({
    ...{ verdict: 'breaks', problems: [] },
    matches: [{ rule: 0, kind: '1:1', matches: ROWS - 2, rows: ROWS - 2, bookings: ROWS - 2 }],
    classes: { 'amount-differs': { open: 1 }, 'missing-in-ledger': { open: 1 } },
    balances: [{ psp: '250000', ledger: '249899', difference: '101', residual: '0' }],
  });
}

it(
  'SQLite: a killed run leaves no half result',
  async () => {
    await prepare(await SQLITE_STORE.createMigrated());
    await killRunAtRequest('/transactions');
    await killRunAtRequest('/aggregate/balances');
    expect(await listProvenRuns()).toEqual([]);
    const file = new Database(fresh.url.slice('sqlite:'.length), { readonly: true });
    const hasItems = file.prepare('select exists (select 1 from reconciliation_items)').pluck();
    await killRunWhen((child) => hasItems.get() === 1 || child.exitCode !== null);
    file.close();
    await listProvenRuns();
    await expectUndisturbedResult();
  },
  TEST_TIMEOUT_MS,
);

it(
  'PostgreSQL: a run that is killed at a write leaves no half result',
  async () => {
    await prepare(await POSTGRES_STORE.createMigrated());
    const blocker = new pg.Client(fresh.url);
    await blocker.connect();
    try {
      for (const table of ['ledger_transactions', 'items', 'runs', 'breaks', 'events'].map(toTableName)) {
        // The lock allows reads, so the run waits at its first write to this table.
        await blocker.query(`begin; lock table ${table} in exclusive mode`);
        await killRunWhen(() => hasWaitingSession(blocker, table));
        await blocker.query('rollback');
        expect(await listProvenRuns()).toEqual([]);
      }
    } finally {
      await blocker.end();
    }
    await expectUndisturbedResult();
  },
  TEST_TIMEOUT_MS,
);

function toTableName(name: string): string {
  return name === 'ledger_transactions' ? name : `reconciliation_${name}`;
}

async function hasWaitingSession(client: pg.Client, table: string): Promise<boolean> {
  const { rows } = await client.query<{ waits: boolean }>(
    'select exists (select from pg_locks where relation = $1::regclass and not granted) as waits',
    [table],
  );
  return rows[0]?.waits === true;
}
