/** Measures the cost of many idle connectors: their start-up time, memory and CPU time. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { IdleFigures } from './idle-gateway.js';
import { reportLimit } from './report-limit.js';

const BASE_CONNECTORS = 10;
/** The maximum heap per connector in bytes. With this limit, a thousand idle connectors need less than 50 MB. */
const MAX_HEAP_BYTES_PER_CONNECTOR = 50_000;
/** The maximum CPU time of all connectors together, in milliseconds per second. */
const MAX_IDLE_CPU_MS = 20;

/**
 * Prints the measured values of a gateway with ten connectors and of a gateway with `connectors` connectors.
 * @param connectors the number of connectors in the second gateway
 * @param seconds the time in seconds for which the idle gateway is measured
 * @returns true if the values are within the limits
 */
export async function measureConnectors(connectors: number, seconds: number): Promise<boolean> {
  const few = await measureGateway(BASE_CONNECTORS, seconds);
  const many = await measureGateway(connectors, seconds);
  printFigures(BASE_CONNECTORS, few);
  printFigures(connectors, many);
  const perConnector = (figure: (idle: IdleFigures) => number) =>
    (figure(many) - figure(few)) / (connectors - BASE_CONNECTORS);
  const heap = perConnector((idle) => idle.heapBytes);
  console.log(
    `each connector more: ${(perConnector((idle) => idle.startMs) * 1000).toFixed(0)} µs of start-up, ` +
      `${(heap / 1000).toFixed(1)} kB of heap, ${(perConnector((idle) => idle.residentBytes) / 1000).toFixed(1)} kB resident`,
  );
  return [
    checkLimit('heap of a thousand idle connectors, MB', heap / 1000, MAX_HEAP_BYTES_PER_CONNECTOR / 1000),
    checkLimit(
      'processor time of the idle gateway, ms in a second',
      many.idleCpuMsPerSecond,
      MAX_IDLE_CPU_MS,
    ),
  ].every(Boolean);
}

async function measureGateway(connectors: number, seconds: number): Promise<IdleFigures> {
  const file = fileURLToPath(new URL('./idle-gateway.js', import.meta.url));
  const child = fork(file, [String(connectors), String(seconds)], { execArgv: ['--expose-gc'] });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the gateway of ${connectors} connectors ended with ${code} before it was measured`);
  });
  const [idle] = (await Promise.race([once(child, 'message'), ended])) as [IdleFigures];
  await ended.catch(() => undefined);
  return idle;
}

function printFigures(
  connectors: number,
  { startMs, syncSeconds, syncCpuSeconds, heapBytes, residentBytes, idleCpuMsPerSecond }: IdleFigures,
): void {
  console.log(
    `${String(connectors).padStart(5)} connectors: started in ${startMs.toFixed(0)} ms, all synced after ${syncSeconds.toFixed(0)} s ` +
      `(${syncCpuSeconds.toFixed(1)} s of processor), then ${(heapBytes / 1e6).toFixed(1)} MB of heap, ${(residentBytes / 1e6).toFixed(0)} MB resident, ` +
      `${idleCpuMsPerSecond.toFixed(1)} ms of processor in a second`,
  );
}

function checkLimit(what: string, found: number, most: number): boolean {
  return reportLimit(what, found.toFixed(1), found < most, `below ${most}`);
}
