/**
 * Measures the cost of serving a page, compared with baseline servers, and the cost of many connectors: `npm
 * run bench`. `-- --short` uses fewer rows, connectors and seconds. `-- --connectors` measures the connectors
 * only.
 *
 * All figures come from one run on one machine. Only the ratios are meaningful, and only they are checked.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureConnectors } from './connectors.js';
import { fill, FIRST_ROW_AT, ROW_EVERY } from './fill.js';
import { race, type Cost } from './load.js';
import { writePlainFile } from './plain-file.js';
import { startBaseline, startGateway, type Server } from './server.js';

const short = process.argv.includes('--short');
const connectorsOnly = process.argv.includes('--connectors');
const ROWS = short ? 110_000 : 1_000_000;
const SECONDS = short ? 3 : 10;
/** Rows per page when page depths are compared: page 10 000 must exist. */
const DEPTH_PAGE = short ? 10 : 99;
const CONNECTORS = short ? 300 : 1000;
const IDLE_SECONDS = short ? 10 : 30;
const PORT = 39_871;
const KEY = 'bench-key-of-this-run-only';
const HEADERS = { authorization: `Bearer ${KEY}` };
const ORIGIN = `http://127.0.0.1:${PORT}`;

const directory = mkdtempSync(join(tmpdir(), 'tributary-bench-'));
const storeFile = join(directory, 'store.db');
const plainFile = join(directory, 'plain.db');
const pageFile = join(directory, 'page.json');
const configFile = join(directory, 'gateway.yaml');
const running: Server[] = [];

try {
  const pages = connectorsOnly || (await main());
  const connectors = await measureConnectors(CONNECTORS, IDLE_SECONDS);
  process.exitCode = pages && connectors ? 0 : 1;
} finally {
  await Promise.all(running.map((server) => server.stop()));
  rmSync(directory, { recursive: true, force: true });
}

async function main(): Promise<boolean> {
  console.log(
    `${ROWS.toLocaleString('en')} rows: appended ${Math.round(await fill(`sqlite:${storeFile}`, 'bench', ROWS))} rows/s`,
  );
  writePlainFile(storeFile, plainFile);
  writeFileSync(configFile, deployment());
  const gateway = await started(startGateway(configFile, ORIGIN));
  writeFileSync(pageFile, await page());
  const http = await started(startBaseline('http', [storeFile, plainFile, pageFile]));
  const nest = await started(startBaseline('nest', [storeFile, plainFile, pageFile]));
  const served = (path: (n: number) => string) => ({ server: gateway, path, headers: HEADERS });
  const costs = await race(
    {
      http: { server: http, path: () => '/' },
      constant: { server: nest, path: () => '/constant' },
      plain: { server: nest, path: (n) => `/plain?${fromRow(n)}` },
      sameTable: { server: nest, path: (n) => `/same-table?${fromRow(n)}` },
      cached: served(() => transactions(rowTime(0), 1, 100)),
      uncached: served((n) => transactions(rowTime(anyRow(n)), 1, 100)),
      first: served((n) => transactions(beforeAllRows(n), 1, DEPTH_PAGE)),
      deep: served((n) => transactions(beforeAllRows(n), 10_000, DEPTH_PAGE)),
    },
    SECONDS,
  );
  print(costs);
  return [
    check(
      'a cached page / a constant Buffer through Nest, requests/s',
      costs.cached.requestsPerSecond / costs.constant.requestsPerSecond,
      0.5,
      'least',
    ),
    check(
      `an uncached page / rows joined as strings in Nest, requests/s (by processor time ${byProcessor(costs.plain, costs.uncached)})`,
      costs.uncached.requestsPerSecond / costs.plain.requestsPerSecond,
      1,
      'least',
    ),
    check(
      'the same / rows joined as strings in Nest, from the store’s own table',
      costs.uncached.requestsPerSecond / costs.sameTable.requestsPerSecond,
      0.9,
      'least',
    ),
    check(
      'page 10 000 / page 1, time',
      costs.first.requestsPerSecond / costs.deep.requestsPerSecond,
      1.5,
      'most',
    ),
  ].every(Boolean);
}

async function started(server: Promise<Server>): Promise<Server> {
  running.push(await server);
  return server;
}

async function page(): Promise<string> {
  const answer = await fetch(ORIGIN + transactions(rowTime(0), 1, 100), { headers: HEADERS });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the gateway answered ${answer.status}: ${text}`);
  return text;
}

function transactions(from: string, page: number, pageSize: number): string {
  return `/bench/transactions?page=${page}&pageSize=${pageSize}&sort=updatedAt%3Aasc&updatedAtFrom=${encodeURIComponent(from)}`;
}

function fromRow(n: number): string {
  return `updatedAtFrom=${encodeURIComponent(rowTime(anyRow(n)))}`;
}

/** Returns row numbers that are spread over the feed and rarely repeat. */
function anyRow(n: number): number {
  return (n * 7919 + (n >> 7)) % (ROWS - 200);
}

function rowTime(n: number): string {
  return new Date(FIRST_ROW_AT + n * ROW_EVERY).toISOString();
}

/** Returns a different URL each time, for the same rows. */
function beforeAllRows(n: number): string {
  return new Date(FIRST_ROW_AT - 1 - n).toISOString();
}

function deployment(): string {
  return `
listen: { host: 127.0.0.1, port: ${PORT} }
store: sqlite:${storeFile}
connectors:
  - name: bench
    plugin: sandbox
    apiKeys: ['${KEY}']
    sync: { every: 1h }
    settings: { accounts: 1, beneficiaries: 0, transactions: 0, activityPerMinute: 0 }
`;
}

function print(costs: Record<string, Cost>): void {
  for (const [name, { requestsPerSecond, cpu }] of Object.entries(costs)) {
    console.log(
      `${name.padEnd(10)} ${requestsPerSecond.toFixed(0).padStart(7)} requests/s ${cpu.toFixed(0).padStart(6)} µs of processor each`,
    );
  }
}

/** Returns the ratio by CPU time. It estimates the ratio of requests/s on an idle machine. */
function byProcessor(plain: Cost, ours: Cost): string {
  return (plain.cpu / ours.cpu).toFixed(2);
}

function check(what: string, ratio: number, bound: number, at: 'least' | 'most'): boolean {
  const good = at === 'least' ? ratio >= bound : ratio <= bound;
  console.log(`${good ? 'ok  ' : 'FAIL'} ${what}: ${ratio.toFixed(2)}, at ${at} ${bound}`);
  return good;
}
