/**
 * Runs three gateways on one PostgreSQL, two of them with a wrong clock. Meanwhile the test kills and pauses gateways, restarts the
 * database, and breaks connections. In the end, every release of the client must have every version of every row. Every order must be paid
 * once and reported correctly. Every request must get the correct response or 503. The variable `MINUTES` sets how long the test injects
 * faults: `npm run soak`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createSeededRandom } from '@tributary/connector-api/testing';
import { Cluster } from './cluster.js';
import { PayingClients } from './paying-clients.js';
import { ReadingClients } from './reading-clients.js';
import { ClusterFaultInjector } from './fault-injector.js';

/**
 * The duration of the faults in minutes. Without this variable, the faults last 15 s, rows arrive more often, and no gateway is paused for
 * longer than the lease of an order.
 */
const { MINUTES } = process.env;
const [FAULT_DURATION_MS, ARRIVAL_INTERVAL_MS, LONG_PAUSE_SHARE] =
  MINUTES === undefined ? [15_000, 300, 0] : [Number(MINUTES) * 60_000, 800, 0.2];
/**
 * The duration of a lease in milliseconds, i.e. the time for which one gateway may pull a stream alone. The test prints how long it takes
 * until another gateway continues.
 */
const LEASE_MS = 10_000;

let cluster: Cluster;
let readingClients: ReadingClients;
let payingClients: PayingClients;
beforeAll(async () => {
  cluster = await Cluster.start();
}, 180_000);
afterAll(async () => {
  readingClients?.close();
  payingClients?.close();
  await cluster?.stop();
});

test('no row is lost, no order is paid twice, and no client gets a wrong response', async () => {
  const { balancer, histories, payingConnectors, leaseObserver } = cluster;
  readingClients = new ReadingClients(histories, balancer.url);
  payingClients = new PayingClients(payingConnectors, balancer.url);
  const faultInjector = new ClusterFaultInjector(
    cluster,
    createSeededRandom(Number(process.env['SEED'] ?? 5)),
    LONG_PAUSE_SHARE,
  );
  await payingClients.waitForParties();
  let isOver = false;
  const over = () => isOver;
  const going = [addArrivalsUntil(over), readingClients.readUntil(over), payingClients.orderUntil(over)];
  await faultInjector.injectFor(FAULT_DURATION_MS).finally(() => (isOver = true));
  await Promise.all(going);
  const differences = await readingClients.waitUntilSettled();
  const unfinished = await payingClients.waitUntilSettled();
  printReport(faultInjector);

  expect({
    differences,
    lies: payingClients.findErrors(),
    unfinished,
    surprises: [...balancer.unexpectedResponses, ...readingClients.unexpectedErrors],
    complaints: faultInjector.violations,
  }).toEqual({ differences: [], lies: [], unfinished: [], surprises: [], complaints: [] });
  for (const { name } of cluster.gateways)
    expect(leaseObserver.takenCounts.get(name) ?? 0).toBeGreaterThan(2);
  expect(Math.max(...faultInjector.takeovers.pause, 0)).toBeLessThan(2 * LEASE_MS + 15_000);
}, 3_600_000);

async function addArrivalsUntil(isOver: () => boolean): Promise<void> {
  for (; !isOver(); await sleep(ARRIVAL_INTERVAL_MS * (0.5 + Math.random()))) {
    for (const history of cluster.histories) history.showNextArrival();
  }
}

function printReport(faultInjector: ClusterFaultInjector): void {
  const { balancer, histories, leaseObserver } = cluster;
  const versions = histories.reduce((sum, history) => sum + history.versions.size, 0);
  const lines = [
    `troubles: ${formatCounts(faultInjector.counts)}`,
    `${versions} row versions at ${histories.length} PSPs, ${readingClients.count} readers, ${readingClients.runCount} runs, ${readingClients.interruptedCount} of them interrupted`,
    payingClients.describeOrders(),
    `clients were answered: ${formatCounts(balancer.statusCounts)}; gateways answered the balancer: ${formatCounts(balancer.resultCounts)}; shares: ${balancer.requestShares}`,
    `leases taken: ${formatCounts(leaseObserver.takenCounts)}`,
    `streams were taken over after a kill: ${formatDurations(faultInjector.takeovers.kill)}; after a pause: ${formatDurations(faultInjector.takeovers.pause)}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function formatDurations(times: readonly number[]): string {
  if (times.length === 0) return 'never seen';
  const sorted = times.toSorted((a, b) => a - b);
  const shown = (time: number) => `${(time / 1000).toFixed(1)} s`;
  return `${times.length} times, median ${shown(sorted[sorted.length >> 1]!)}, longest ${shown(sorted.at(-1)!)}`;
}

function formatCounts(counts: ReadonlyMap<string | number, number>): string {
  return [...counts].map(([word, times]) => `${word} ${times}`).join(', ');
}
