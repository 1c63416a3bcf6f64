/**
 * Measures the cost of serving a page, compared with baseline servers, and the cost of many connectors: `npm run bench`. `-- --short` uses
 * fewer rows, connectors and seconds. `-- --connectors` measures only the connectors.
 *
 * All values come from one run on one machine. Absolute values depend on the machine, so only ratios are checked.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureConnectors } from './idle-connectors.js';
import { fillFeed, FIRST_FEED_TIME, rowTime, spreadRow, transactionsPath } from './fill-feed.js';
import { runRounds, type RequestCost } from './http-load.js';
import { writePlainTable } from './plain-table.js';
import { startBaseline, startGateway, type MeasuredServer } from './measured-server.js';
import { reportLimit } from './report-limit.js';

const isShort = process.argv.includes('--short');
const isConnectorsOnly = process.argv.includes('--connectors');
const ROW_COUNT = isShort ? 110_000 : 1_000_000;
const LOAD_SECONDS = isShort ? 3 : 10;
/** The number of rows per page when early and late pages are compared. With this size, page 10 000 must exist. */
const DEPTH_PAGE_SIZE = isShort ? 10 : 99;
const CONNECTOR_COUNT = isShort ? 300 : 1000;
const IDLE_SECONDS = isShort ? 10 : 30;
const PORT = 39_871;
const API_KEY = 'bench-key-of-this-run-only';
const HEADERS = { authorization: `Bearer ${API_KEY}` };
const ORIGIN = `http://127.0.0.1:${PORT}`;

const directory = mkdtempSync(join(tmpdir(), 'tributary-bench-'));
const storeFile = join(directory, 'store.db');
const plainFile = join(directory, 'plain.db');
const pageFile = join(directory, 'page.json');
const configFile = join(directory, 'gateway.yaml');
const runningServers: MeasuredServer[] = [];

try {
  const pages = isConnectorsOnly || (await main());
  const connectors = await measureConnectors(CONNECTOR_COUNT, IDLE_SECONDS);
  process.exitCode = pages && connectors ? 0 : 1;
} finally {
  await Promise.all(runningServers.map((server) => server.stop()));
  rmSync(directory, { recursive: true, force: true });
}

async function main(): Promise<boolean> {
  console.log(
    `${ROW_COUNT.toLocaleString('en')} rows: appended ${Math.round(await fillFeed(`sqlite:${storeFile}`, 'bench', ROW_COUNT))} rows/s`,
  );
  writePlainTable(storeFile, plainFile);
  writeFileSync(configFile, deploymentYaml());
  const gateway = await trackServer(startGateway(configFile, ORIGIN));
  writeFileSync(pageFile, await fetchPage());
  const http = await trackServer(startBaseline('http', [storeFile, plainFile, pageFile]));
  const nest = await trackServer(startBaseline('nest', [storeFile, plainFile, pageFile]));
  const gatewayRequest = (path: (n: number) => string) => ({ server: gateway, path, headers: HEADERS });
  const costs = await runRounds(
    {
      http: { server: http, path: () => '/' },
      constant: { server: nest, path: () => '/constant' },
      plain: { server: nest, path: (n) => `/plain?${fromRowQuery(n)}` },
      sameTable: { server: nest, path: (n) => `/same-table?${fromRowQuery(n)}` },
      cached: gatewayRequest(() => transactionsPath('bench', rowTime(0), 1, 100)),
      uncached: gatewayRequest((n) => transactionsPath('bench', rowTime(spreadRow(n, ROW_COUNT)), 1, 100)),
      first: gatewayRequest((n) => transactionsPath('bench', timeBeforeAllRows(n), 1, DEPTH_PAGE_SIZE)),
      deep: gatewayRequest((n) => transactionsPath('bench', timeBeforeAllRows(n), 10_000, DEPTH_PAGE_SIZE)),
    },
    LOAD_SECONDS,
  );
  printCosts(costs);
  return [
    checkRatio(
      'a cached page / a constant Buffer through Nest, requests/s',
      costs.cached.requestsPerSecond / costs.constant.requestsPerSecond,
      0.5,
      'least',
    ),
    checkRatio(
      `an uncached page / rows joined as strings in Nest, requests/s (by processor time ${cpuRatio(costs.plain, costs.uncached)})`,
      costs.uncached.requestsPerSecond / costs.plain.requestsPerSecond,
      1,
      'least',
    ),
    checkRatio(
      'the same / rows joined as strings in Nest, from the store’s own table',
      costs.uncached.requestsPerSecond / costs.sameTable.requestsPerSecond,
      0.9,
      'least',
    ),
    checkRatio(
      'page 10 000 / page 1, time',
      costs.first.requestsPerSecond / costs.deep.requestsPerSecond,
      1.5,
      'most',
    ),
  ].every(Boolean);
}

async function trackServer(server: Promise<MeasuredServer>): Promise<MeasuredServer> {
  runningServers.push(await server);
  return server;
}

async function fetchPage(): Promise<string> {
  const response = await fetch(ORIGIN + transactionsPath('bench', rowTime(0), 1, 100), { headers: HEADERS });
  const text = await response.text();
  if (!response.ok) throw new Error(`the gateway answered ${response.status}: ${text}`);
  return text;
}

function fromRowQuery(n: number): string {
  return `updatedAtFrom=${encodeURIComponent(rowTime(spreadRow(n, ROW_COUNT)))}`;
}

/** Returns a different time on each call, all before the first row. The URL is then always different, but the rows are the same. */
function timeBeforeAllRows(n: number): string {
  return new Date(FIRST_FEED_TIME - 1 - n).toISOString();
}

function deploymentYaml(): string {
  return `
listen: { host: 127.0.0.1, port: ${PORT} }
store: sqlite:${storeFile}
connectors:
  - name: bench
    plugin: sandbox
    apiKeys: ['${API_KEY}']
    sync: { every: 1h }
    settings: { accounts: 1, beneficiaries: 0, transactions: 0, activityPerMinute: 0 }
`;
}

function printCosts(costs: Record<string, RequestCost>): void {
  for (const [name, { requestsPerSecond, cpuMicroseconds }] of Object.entries(costs)) {
    console.log(
      `${name.padEnd(10)} ${requestsPerSecond.toFixed(0).padStart(7)} requests/s ${cpuMicroseconds.toFixed(0).padStart(6)} µs of processor each`,
    );
  }
}

/** Returns the ratio of CPU times. It is an estimate of the ratio of requests per second on an idle machine. */
function cpuRatio(plain: RequestCost, ours: RequestCost): string {
  return (plain.cpuMicroseconds / ours.cpuMicroseconds).toFixed(2);
}

function checkRatio(what: string, ratio: number, bound: number, at: 'least' | 'most'): boolean {
  const isMet = at === 'least' ? ratio >= bound : ratio <= bound;
  return reportLimit(what, ratio.toFixed(2), isMet, `at ${at} ${bound}`);
}
