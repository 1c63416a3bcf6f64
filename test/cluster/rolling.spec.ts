/** Tests a rolling restart: one gateway after the other stops and comes back, and no request fails. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster } from './cluster.js';
import { Payers } from './payers.js';
import { Readers } from './readers.js';

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

test('gateways are restarted one after the other, and every request is answered', async () => {
  const { balancer, histories, members } = cluster;
  readers = new Readers(histories, balancer.url);
  payers = new Payers(cluster.payers, balancer.url);
  await payers.meet();
  let isOver = false;
  const over = () => isOver;
  const reading = [readers.readUntil(over), payers.orderUntil(over)];
  const codes: (number | null)[] = [];
  for (const member of members) {
    for (const history of histories) history.arrive();
    codes.push(await member.stop());
    await member.start();
    while (!balancer.isReady(member.name)) await sleep(50);
  }
  isOver = true;
  await Promise.all(reading);
  const differences = await readers.settle();
  const { statuses, ends, shares } = balancer;
  process.stdout.write(
    `clients were answered: ${[...statuses].join(' ')}; gateways answered the balancer: ${[...ends].join(' ')}; shares: ${shares}\n`,
  );

  expect(codes).toEqual([0, 0, 0]);
  expect([...statuses.keys()].filter((status) => status !== 200 && status !== 201)).toEqual([]);
  expect([...balancer.surprises, ...readers.surprises]).toEqual([]);
  expect([differences, readers.interrupted]).toEqual([[], 0]);
}, 300_000);
