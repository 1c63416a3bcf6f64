/**
 * Runs three gateways on one PostgreSQL, two of them with a wrong clock, while they are killed and paused, the database restarts and connections
 * break. Every release of the client ends with every version of every row. Every order is paid once and reported correctly. Every request gets the
 * correct response or 503.
 * `MINUTES` sets how long faults are injected: `npm run soak`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { randomNumbers } from '@tributary/connector-api/testing';
import { Cluster } from './cluster.js';
import { Payers } from './payers.js';
import { Readers } from './readers.js';
import { Troubles } from './troubles.js';

/** Duration of the faults, and time between two arrivals at a PSP, in milliseconds. */
const { MINUTES } = process.env;
const [TROUBLED, ARRIVALS] = MINUTES === undefined ? [15_000, 300] : [Number(MINUTES) * 60_000, 800];
/** Duration of a lease in milliseconds. The measured duration of a takeover is printed. */
const LEASE = 10_000;

let cluster: Cluster;
let readers: Readers;
let payers: Payers;
beforeAll(async () => {
  cluster = await Cluster.start();
}, 180_000);
afterAll(async () => {
  readers?.close();
  payers?.close();
  await cluster?.end();
});

test('nothing is lost, nothing is paid twice, nobody is told anything wrong', async () => {
  const { balancer, histories, payers: connectors, witness } = cluster;
  readers = new Readers(histories, balancer.url);
  payers = new Payers(connectors, balancer.url);
  const troubles = new Troubles(cluster, randomNumbers(Number(process.env['SEED'] ?? 5)));
  await payers.meet();
  let isOver = false;
  const over = () => isOver;
  const going = [arrive(over), readers.readUntil(over), payers.orderUntil(over)];
  await troubles.make(TROUBLED).finally(() => (isOver = true));
  await Promise.all(going);
  const differences = await readers.settle();
  const unfinished = await payers.settle();
  report(troubles);

  expect({
    differences,
    lies: payers.lies(),
    unfinished,
    surprises: [...balancer.surprises, ...readers.surprises],
    complaints: troubles.complaints,
  }).toEqual({ differences: [], lies: [], unfinished: [], surprises: [], complaints: [] });
  for (const { name } of cluster.members) expect(witness.taken.get(name) ?? 0).toBeGreaterThan(2);
  expect(Math.max(...troubles.takeovers.pause, 0)).toBeLessThan(2 * LEASE + 15_000);
}, 3_600_000);

async function arrive(isOver: () => boolean): Promise<void> {
  for (; !isOver(); await sleep(ARRIVALS * (0.5 + Math.random()))) {
    for (const history of cluster.histories) history.arrive();
  }
}

function report(troubles: Troubles): void {
  const { balancer, histories, witness } = cluster;
  const versions = histories.reduce((sum, history) => sum + history.versions.size, 0);
  const lines = [
    `troubles: ${list(troubles.counts)}`,
    `${versions} row versions at ${histories.length} PSPs, ${readers.length} readers, ${readers.runs} runs, ${readers.interrupted} of them interrupted`,
    payers.tell(),
    `clients were answered: ${list(balancer.statuses)}; gateways answered the balancer: ${list(balancer.ends)}; shares: ${balancer.shares}`,
    `leases taken: ${list(witness.taken)}`,
    `streams were taken over after a kill: ${seconds(troubles.takeovers.kill)}; after a pause: ${seconds(troubles.takeovers.pause)}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function seconds(times: readonly number[]): string {
  if (times.length === 0) return 'never seen';
  const sorted = times.toSorted((a, b) => a - b);
  const shown = (time: number) => `${(time / 1000).toFixed(1)} s`;
  return `${times.length} times, median ${shown(sorted[sorted.length >> 1]!)}, longest ${shown(sorted.at(-1)!)}`;
}

function list(counts: ReadonlyMap<string | number, number>): string {
  return [...counts].map(([word, times]) => `${word} ${times}`).join(', ');
}
