/** Tests a rolling restart: one gateway after the other stops and comes back, and no request fails. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster } from './cluster.js';
import { PayingClients } from './paying-clients.js';
import { ReadingClients } from './reading-clients.js';

let cluster: Cluster;
let readers: ReadingClients;
let payers: PayingClients;
beforeAll(async () => {
  cluster = await Cluster.start();
}, 180_000);
afterAll(async () => {
  readers?.close();
  payers?.close();
  await cluster?.stop();
});

test('gateways are restarted one after the other, and every request is answered', async () => {
  const { balancer, histories, gateways } = cluster;
  readers = new ReadingClients(histories, balancer.url);
  payers = new PayingClients(cluster.payingConnectors, balancer.url);
  await payers.waitForParties();
  let isOver = false;
  const over = () => isOver;
  const reading = [readers.readUntil(over), payers.orderUntil(over)];
  const codes: (number | null)[] = [];
  for (const member of gateways) {
    for (const history of histories) history.showNextArrival();
    codes.push(await member.stop());
    await member.start();
    while (!balancer.isReady(member.name)) await sleep(50);
  }
  isOver = true;
  await Promise.all(reading);
  const differences = await readers.waitUntilSettled();
  const { statusCounts, resultCounts, requestShares } = balancer;
  process.stdout.write(
    `clients were answered: ${[...statusCounts].join(' ')}; gateways answered the balancer: ${[...resultCounts].join(' ')}; shares: ${requestShares}\n`,
  );

  expect(codes).toEqual([0, 0, 0]);
  expect([...statusCounts.keys()].filter((status) => status !== 200 && status !== 201)).toEqual([]);
  expect([...balancer.unexpectedResponses, ...readers.unexpectedErrors]).toEqual([]);
  expect([differences, readers.interruptedCount]).toEqual([[], 0]);
}, 300_000);
