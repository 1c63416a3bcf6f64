/**
 * Runs a gateway with many connectors in a separate process, which measures itself:
 * `node --expose-gc idle-gateway.js <connectors> <seconds>`.
 */
import 'reflect-metadata';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Counter, Registry } from 'prom-client';
import { loadDeployment } from '../apps/gateway/src/config/index.js';
import { createGateway } from '../apps/gateway/src/gateway.js';
import { createLogger } from '../apps/gateway/src/logging/index.js';

export interface IdleFigures {
  /** The time from reading the deployment file until the port is open, in milliseconds. */
  startMs: number;
  /** The time until every stream was pulled once, in seconds. The next property is the CPU time for it, also in seconds. */
  syncSeconds: number;
  syncCpuSeconds: number;
  /** The heap size in bytes, measured after the first pulls and one request for the metrics. */
  heapBytes: number;
  residentBytes: number;
  /** The CPU time in milliseconds per second while no request arrives and no pull is due. */
  idleCpuMsPerSecond: number;
}

const STREAM_COUNT = 3;
const [connectors, seconds] = process.argv.slice(2).map(Number) as [number, number];
const directory = mkdtempSync(join(tmpdir(), 'tributary-idle-'));
try {
  const idle = await measure();
  process.send?.(idle);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exit();

async function measure(): Promise<IdleFigures> {
  const file = join(directory, 'gateway.yaml');
  writeFileSync(file, deploymentYaml());
  const registry = new Registry();
  const begin = performance.now();
  const logger = createLogger({ secrets: [], level: 'error' });
  const gateway = await createGateway(loadDeployment(file), { logger, registry, drainTimeoutMs: 1 });
  await gateway.listen();
  const listening = performance.now();
  const syncing = cpuTimeMs();
  while ((await countPulls(registry)) < connectors * STREAM_COUNT) await sleep(500);
  const syncSeconds = (performance.now() - listening) / 1000;
  const syncCpuSeconds = (cpuTimeMs() - syncing) / 1000;
  await registry.metrics();
  const { heapUsed, rss } = memoryAfterGc();
  const before = cpuTimeMs();
  await sleep(seconds * 1000);
  const idleCpuMsPerSecond = (cpuTimeMs() - before) / seconds;
  await gateway.close();
  return {
    startMs: listening - begin,
    syncSeconds,
    syncCpuSeconds,
    heapBytes: heapUsed,
    residentBytes: rss,
    idleCpuMsPerSecond,
  };
}

async function countPulls(registry: Registry): Promise<number> {
  const metric = registry.getSingleMetric('tributary_sync_runs_total');
  if (!(metric instanceof Counter)) throw new Error('nothing counts the pulls of streams');
  return (await metric.get()).values.reduce((sum, { value }) => sum + value, 0);
}

function memoryAfterGc(): NodeJS.MemoryUsage {
  if (!globalThis.gc) throw new Error('start me with --expose-gc');
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage();
}

/** Returns the CPU time of this process in milliseconds. */
function cpuTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function deploymentYaml(): string {
  const settings = '{ accounts: 1, beneficiaries: 1, transactions: 5, activityPerMinute: 0 }';
  const entries = Array.from(
    { length: connectors },
    (_, index) =>
      `  - { name: c${index}, plugin: sandbox, apiKeys: ['bench-key-of-this-run-only-${index}'], sync: { every: 1h }, settings: ${settings} }`,
  );
  return `
listen: { host: 127.0.0.1, port: 0 }
store: sqlite:${join(directory, 'store.db')}
connectors:
${entries.join('\n')}
`;
}
