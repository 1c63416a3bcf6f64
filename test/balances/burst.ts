/** Requests the balances of many accounts at once, as Formance does every period, and measures the responses. */
import { Agent, get } from 'node:http';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

export interface BurstResult {
  /** The number of responses by status. */
  statuses: Record<string, number>;
  /** The median time and the slowest time of a response, in milliseconds. */
  medianMs: number;
  slowestMs: number;
  /** The slowest response of the health check while the requests were running, in milliseconds. */
  slowestHealthMs: number;
  /** The processor time of the gateway for one request, in milliseconds. It includes the work that continues after the response. */
  processorMs: number;
}

/**
 * Sends all requests at once, and measures the responses.
 * @param pid process id of the gateway
 */
export async function requestAtOnce(
  origin: string,
  pid: number,
  paths: readonly string[],
  key: string,
): Promise<BurstResult> {
  const health = startHealthChecks(origin);
  const processorMsBefore = readProcessorMs(pid);
  const agent = new Agent({ maxSockets: Infinity });
  const responses = await Promise.all(paths.map((path) => request(`${origin}${path}`, key, agent)));
  const slowestHealthMs = await health.stop();
  const processorMs = ((await waitUntilIdle(pid)) - processorMsBefore) / paths.length;
  const statuses: Record<string, number> = {};
  for (const { status } of responses) statuses[status] = (statuses[status] ?? 0) + 1;
  const times = responses.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  return {
    statuses,
    medianMs: times[Math.floor(times.length / 2)] ?? 0,
    slowestMs: times.at(-1) ?? 0,
    slowestHealthMs,
    processorMs,
  };
}

function request(url: string, key: string, agent: Agent): Promise<{ status: number; durationMs: number }> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { authorization: `Bearer ${key}` } }, (response) => {
      response.resume();
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, durationMs: performance.now() - startedAt }),
      );
    }).on('error', reject);
  });
}

/** Polls the health check in a thread of its own, so that the other work of the client does not delay the measurement. */
function startHealthChecks(origin: string): { stop(): Promise<number> } {
  const program = `
    const { parentPort, workerData } = require('node:worker_threads');
    let slowestMs = 0;
    let isStopped = false;
    parentPort.on('message', () => (isStopped = true));
    (async () => {
      while (!isStopped) {
        const startedAt = performance.now();
        const { status } = await fetch(workerData + '/healthz');
        if (status !== 200) throw new Error('the health check answered ' + status);
        slowestMs = Math.max(slowestMs, performance.now() - startedAt);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      parentPort.postMessage(slowestMs);
      parentPort.close();
    })();`;
  const worker = new Worker(program, { eval: true, workerData: origin });
  const result = new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return {
    stop: () => {
      worker.postMessage('stop');
      return result;
    },
  };
}

/**
 * Waits until the gateway has finished the work that continues after the responses.
 * @returns the gateway's processor time in milliseconds
 */
async function waitUntilIdle(pid: number): Promise<number> {
  for (let before = readProcessorMs(pid); ;) {
    await sleep(500);
    const now = readProcessorMs(pid);
    if (now - before <= MAX_IDLE_MS) return now;
    before = now;
  }
}

/** The maximum processor time in milliseconds that an idle gateway uses in half a second. */
const MAX_IDLE_MS = 30;
/** The duration of one clock tick in /proc, in milliseconds. Linux has 100 ticks in a second. */
const TICK_MS = 10;

/** Returns the processor time that a process has used, from /proc. */
function readProcessorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
