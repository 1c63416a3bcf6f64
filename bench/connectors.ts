/** Measures the cost of many idle connectors: start-up time, memory and CPU time. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Idle } from './idle-gateway.js';

const FEW = 10;
/** Bytes of heap per connector. With this limit a thousand idle connectors need less than 50 MB. */
const MOST_HEAP = 50_000;
/** Milliseconds of CPU time per second, for all connectors together. */
const MOST_IDLE = 20;

/**
 * Prints the figures of a gateway with ten connectors and of one with `connectors`.
 * @param connectors number of connectors in the second gateway
 * @param seconds time for which the idle gateway is measured
 * @returns whether the figures are within the limits
 */
export async function measureConnectors(connectors: number, seconds: number): Promise<boolean> {
  const few = await run(FEW, seconds);
  const many = await run(connectors, seconds);
  print(FEW, few);
  print(connectors, many);
  const each = (figure: (idle: Idle) => number) => (figure(many) - figure(few)) / (connectors - FEW);
  const heap = each((idle) => idle.heap);
  console.log(
    `each connector more: ${(each((idle) => idle.started) * 1000).toFixed(0)} µs of start-up, ` +
      `${(heap / 1000).toFixed(1)} kB of heap, ${(each((idle) => idle.resident) / 1000).toFixed(1)} kB resident`,
  );
  return [
    check('heap of a thousand idle connectors, MB', heap / 1000, MOST_HEAP / 1000),
    check('processor time of the idle gateway, ms in a second', many.idle, MOST_IDLE),
  ].every(Boolean);
}

async function run(connectors: number, seconds: number): Promise<Idle> {
  const file = fileURLToPath(new URL('./idle-gateway.js', import.meta.url));
  const child = fork(file, [String(connectors), String(seconds)], { execArgv: ['--expose-gc'] });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the gateway of ${connectors} connectors ended with ${code} before it was measured`);
  });
  const [idle] = (await Promise.race([once(child, 'message'), ended])) as [Idle];
  await ended.catch(() => undefined);
  return idle;
}

function print(connectors: number, { started, synced, syncCpu, heap, resident, idle }: Idle): void {
  console.log(
    `${String(connectors).padStart(5)} connectors: started in ${started.toFixed(0)} ms, all synced after ${synced.toFixed(0)} s ` +
      `(${syncCpu.toFixed(1)} s of processor), then ${(heap / 1e6).toFixed(1)} MB of heap, ${(resident / 1e6).toFixed(0)} MB resident, ` +
      `${idle.toFixed(1)} ms of processor in a second`,
  );
}

function check(what: string, found: number, most: number): boolean {
  const good = found < most;
  console.log(`${good ? 'ok  ' : 'FAIL'} ${what}: ${found.toFixed(1)}, below ${most}`);
  return good;
}
