/**
 * Measures the operator API and the console on a store with many connectors and rows: the response time of each endpoint, the requests per
 * second of the read path while ten consoles are open, and the time until the first page can be used in a slow browser. Options:
 * `-- --short` uses fewer rows, connectors and seconds; `--sqlite` or `--postgres` selects one database.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import { PostgresServer } from '../libs/feed/src/testing/postgres-server.js';
import { measureFirstPage } from './console-page.js';
import { fillFeed, rowTime, spreadRow, transactionsPath } from './fill-feed.js';
import { startGateway } from './measured-server.js';
import { reportLimit } from './report-limit.js';
import { findRatios, pickQuantile } from './round-ratios.js';

const hasOption = (option: string) => process.argv.includes(option);
const isShort = hasOption('--short');
const ROW_COUNT = isShort ? 50_000 : 5_000_000;
const CONNECTOR_COUNT = isShort ? 100 : 1000;
const REQUESTS_PER_ENDPOINT = isShort ? 20 : 100;
const ROUND_COUNT = isShort ? 3 : 15;
const ROUND_SECONDS = 2;
const CONSOLE_COUNT = 10;
/** The time between two requests of an open console for the same data. The pages of the console use it. */
const CONSOLE_REFRESH_MS = 5000;
const PORT = 39_873;
const ORIGIN = `http://127.0.0.1:${PORT}`;
const API_KEY = 'bench-key-of-this-run-only';
const OPERATOR_KEY = 'bench-key-of-the-operator';
const OPERATOR_HEADERS = { authorization: `Bearer ${OPERATOR_KEY}` };
/** The connector that has all rows. */
const FILLED = 'bench';

/** The maximum time in milliseconds of 95 % of the responses of each endpoint. */
const MAX_RESPONSE_MS = 200;
const MIN_READ_RATIO = 0.95;
/** The maximum time in milliseconds until the first page can be used in a browser with a quarter of the processor speed. */
const MAX_FIRST_PAGE_MS = 1000;

const NEWEST = rowTime(ROW_COUNT - 1000);
const SEARCH = `records?connector=${FILLED}&stream=transactions`;
/** Every endpoint that a page of the console reads, with filters that match many rows, few rows, and no row. */
const ENDPOINTS: readonly string[] = [
  'overview?limit=25',
  'attention',
  'connectors',
  `connector?connector=${FILLED}`,
  `runs?connector=${FILLED}`,
  SEARCH,
  `${SEARCH}&from=${NEWEST}`,
  `${SEARCH}&id=tr_0000000abc`,
  `${SEARCH}&status=FAILED`,
  `${SEARCH}&amount=4711&asset=EUR/2`,
  `${SEARCH}&account=acc_3`,
  `${SEARCH}&text=invoice%204711`,
  `record?connector=${FILLED}&stream=transactions&id=tr_0000000abc`,
  'quarantine',
  'orders',
  `balances?connector=${FILLED}`,
  `completeness?connector=${FILLED}`,
  'clients',
  'reconciliation',
  'audit',
];
/** The requests that the first page of an open console repeats. */
const CONSOLE_REQUESTS = ['overview?limit=25', 'attention'];

const results: boolean[] = [];
const directory = mkdtempSync(join(tmpdir(), 'tributary-console-bench-'));
try {
  if (!hasOption('--postgres')) await measureStore('SQLite', `sqlite:${join(directory, 'store.db')}`);
  if (!hasOption('--sqlite') && (!isShort || hasOption('--postgres'))) await measurePostgres();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exitCode = results.every(Boolean) ? 0 : 1;

async function measurePostgres(): Promise<void> {
  const server = await PostgresServer.create();
  try {
    await measureStore('PostgreSQL', server.url('postgres'));
  } finally {
    await server.remove();
  }
}

async function measureStore(name: string, storeUrl: string): Promise<void> {
  await fillFeed(storeUrl, FILLED, ROW_COUNT);
  const configFile = join(directory, 'gateway.yaml');
  writeFileSync(configFile, formatDeployment(storeUrl));
  const gateway = await startGateway(configFile, ORIGIN);
  try {
    console.log(
      `${name}: ${ROW_COUNT.toLocaleString('en')} rows, ${CONNECTOR_COUNT.toLocaleString('en')} connectors`,
    );
    await waitUntilPulled();
    await measureEndpoints();
    await measureReadPath();
    await measureBrowser();
  } finally {
    await gateway.stop();
  }
}

/** Waits until every stream was pulled once, so that the first pulls do not disturb the measurement. */
async function waitUntilPulled(): Promise<void> {
  for (;;) {
    const metrics = await fetch(`${ORIGIN}/metrics`, { headers: OPERATOR_HEADERS }).then((response) =>
      response.text(),
    );
    const pulls = [...metrics.matchAll(/^tributary_sync_runs_total\{[^}]*\} (\d+)/gm)];
    if (pulls.reduce((sum, [, count]) => sum + Number(count), 0) >= 3 * (CONNECTOR_COUNT - 1)) return;
    await sleep(500);
  }
}

async function measureEndpoints(): Promise<void> {
  for (const path of ENDPOINTS) {
    const times: number[] = [];
    for (let request = 0; request < REQUESTS_PER_ENDPOINT; request++) {
      const start = performance.now();
      await readOperatorApi(path);
      times.push(performance.now() - start);
    }
    const p95 = pickQuantile(times, 0.95);
    check(
      `${path}: 95 % of the responses`,
      `${p95.toFixed(0)} ms`,
      p95 < MAX_RESPONSE_MS,
      `below ${MAX_RESPONSE_MS} ms`,
    );
  }
}

/** Measures the read path in alternating rounds, without a console and with ten open consoles. */
async function measureReadPath(): Promise<void> {
  const alone: number[] = [];
  const watched: number[] = [];
  await measureReads();
  for (let round = 0; round < ROUND_COUNT; round++) {
    alone.push(await measureReads());
    const consoles = openConsoles();
    watched.push(await measureReads());
    await consoles.close();
  }
  const ratio = pickQuantile(findRatios(watched, alone), 0.5);
  check(
    `requests/s of the read path with ${CONSOLE_COUNT} consoles / without`,
    ratio.toFixed(3),
    ratio >= MIN_READ_RATIO,
    `at least ${MIN_READ_RATIO}`,
  );
}

/** Returns the requests per second for pages that are spread over the feed. */
async function measureReads(): Promise<number> {
  let n = 0;
  const result = await autocannon({
    url: ORIGIN,
    connections: 16,
    duration: ROUND_SECONDS,
    requests: [
      {
        method: 'GET',
        headers: { authorization: `Bearer ${API_KEY}` },
        setupRequest: (request) => ({ ...request, path: formatPagePath(n++) }),
      },
    ],
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`the read path gave ${result.non2xx} other responses and ${result.errors} errors`);
  return result['2xx'] / result.duration;
}

function formatPagePath(n: number): string {
  return transactionsPath(FILLED, rowTime(spreadRow(n, ROW_COUNT)), 1, 100);
}

/** Sends the requests of ten open consoles. The consoles begin one after the other, spread over the time between two requests. */
function openConsoles(): { close: () => Promise<void> } {
  const controller = new AbortController();
  const { signal } = controller;
  const runConsole = async (index: number) => {
    await sleep((index * CONSOLE_REFRESH_MS) / CONSOLE_COUNT, undefined, { signal });
    for (;;) {
      await Promise.all(CONSOLE_REQUESTS.map(readOperatorApi));
      await sleep(CONSOLE_REFRESH_MS, undefined, { signal });
    }
  };
  const consoles = Array.from({ length: CONSOLE_COUNT }, (_, index) =>
    runConsole(index).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    }),
  );
  return {
    close: async () => {
      controller.abort();
      await Promise.all(consoles);
    },
  };
}

async function measureBrowser(): Promise<void> {
  const milliseconds = await measureFirstPage(ORIGIN, OPERATOR_KEY);
  if (milliseconds === undefined) {
    console.log('skip first page in a browser: this machine has no Chromium');
    return;
  }
  check(
    'first page in a browser, processor throttled 4 times',
    `${milliseconds.toFixed(0)} ms`,
    milliseconds < MAX_FIRST_PAGE_MS,
    `below ${MAX_FIRST_PAGE_MS} ms`,
  );
}

async function readOperatorApi(path: string): Promise<void> {
  const response = await fetch(`${ORIGIN}/operator/v1/${path}`, { headers: OPERATOR_HEADERS });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
}

function check(what: string, found: string, isMet: boolean, limit: string): void {
  results.push(reportLimit(what, found, isMet, limit));
}

function formatDeployment(storeUrl: string): string {
  const entries = Array.from({ length: CONNECTOR_COUNT - 1 }, (_, index) =>
    formatConnector(`c${index}`, `${API_KEY}-${index}`, 5),
  );
  return `
listen: { host: 127.0.0.1, port: ${PORT} }
store: '${storeUrl}'
operators: { apiKeys: [{ key: '${OPERATOR_KEY}', name: bench, scopes: [read] }] }
connectors:
${formatConnector(FILLED, API_KEY, 0)}
${entries.join('\n')}
`;
}

function formatConnector(name: string, key: string, transactions: number): string {
  return `  - { name: ${name}, plugin: sandbox, apiKeys: ['${key}'], sync: { every: 1h }, settings: { accounts: 1, beneficiaries: 1, transactions: ${transactions}, activityPerMinute: 0 } }`;
}
