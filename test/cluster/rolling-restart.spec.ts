/** Tests a rolling restart: the gateways stop and start again one after the other, and no request fails. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster } from './cluster.js';
import { PayingClients } from './paying-clients.js';
import { ReadingClients } from './reading-clients.js';

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

test('gateways are restarted one after the other, and every request is answered', async () => {
  const { balancer, histories, gateways } = cluster;
  readingClients = new ReadingClients(histories, balancer.url);
  payingClients = new PayingClients(cluster.payingConnectors, balancer.url);
  await payingClients.waitForParties();
  let isOver = false;
  const over = () => isOver;
  const reading = [readingClients.readUntil(over), payingClients.orderUntil(over)];
  const codes: (number | null)[] = [];
  for (const gateway of gateways) {
    for (const history of histories) history.showNextArrival();
    codes.push(await gateway.stop());
    await gateway.start();
    while (!balancer.isReady(gateway.name)) await sleep(50);
  }
  isOver = true;
  await Promise.all(reading);
  const differences = await readingClients.waitUntilSettled();
  const { statusCounts, resultCounts, requestShares } = balancer;
  process.stdout.write(
    `clients were answered: ${[...statusCounts].join(' ')}; gateways answered the balancer: ${[...resultCounts].join(' ')}; shares: ${requestShares}\n`,
  );

  expect(codes).toEqual([0, 0, 0]);
  expect([...statusCounts.keys()].filter((status) => status !== 200 && status !== 201)).toEqual([]);
  expect([...balancer.unexpectedResponses, ...readingClients.unexpectedErrors]).toEqual([]);
  expect([differences, readingClients.interruptedCount]).toEqual([[], 0]);
}, 300_000);
