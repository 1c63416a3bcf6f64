/**
 * Sends SIGTERM while orders are being processed. Every order must get a response. No connection may be refused before the last response,
 * because the engine treats a refused order as failed. The next gateway must find out the results that are unknown.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createOrderConnection } from './http-post.js';
import { generatePaymentRequest, type OrderParties } from './generate-payment-request.js';
import type { RequestResult } from './interpret-order-response.js';
import { createSeededRandom } from '@tributary/connector-api/testing';
import { OrderKillScenario } from './order-kill-scenario.js';
import { getOrderPath, createRequestBody, type PaymentRequest } from './payment-request.js';

/** The faults of the PSP. Each entry contains the fault, the delay in milliseconds, and the number of orders. */
const FAULTS: [fault: string, after: number, times: number][] = [
  ['none', 500, 4],
  ['answers-late', 2000, 6],
  ['answers-late', 9500, 3],
  ['answer-lost', 500, 4],
  ['executes-later', 2500, 3],
  ['lost,unavailable,none', 500, 4],
];
/** The maximum time in milliseconds for the shutdown. A gateway that takes longer exceeds its own limit. */
const MAX_STOP_MS = 25_000;

let trial: OrderKillScenario;
beforeAll(async () => {
  trial = await OrderKillScenario.start(
    { orders: 0, kills: 0, concurrency: 1, seed: 4, faultChoice: 'any' },
    { faultShare: 0, fateShare: 0.5, delayMs: 500 },
  );
});
afterAll(() => trial?.stop());

test('orders in flight are answered before anybody is refused a connection', async () => {
  const [customer] = trial.customers;
  const wishes = generateRequests(await customer!.waitForParties());
  let answeredAt = 0;
  const inFlight = wishes.map(async (wish) => {
    const posted = await customer!.repeat(wish);
    answeredAt = performance.now();
    return getStatus(posted);
  });
  await sleep(300);

  const stopping = performance.now();
  const stopped = trial.gateway.stop();
  const late = sendUntilStopped(
    `${trial.url}/${customer!.connector.name}`,
    customer!.connector.key,
    wishes[0]!,
    stopped,
  );
  const answers = await Promise.all(inFlight);
  const code = await stopped;
  const stoppedAfter = performance.now() - stopping;
  const { refusedAt, statuses } = await late;
  process.stdout.write(
    `stopped after ${Math.round(stoppedAfter)} ms; ${wishes.length} orders in flight, the last one answered after ` +
      `${Math.round(answeredAt - stopping)} ms; ${statuses.length} callers came meanwhile, the first one was refused after ${Math.round(refusedAt - stopping)} ms\n`,
  );

  expect(answers).toEqual(wishes.map(() => 201));
  expect(refusedAt).toBeGreaterThanOrEqual(answeredAt);
  expect(statuses.filter((status) => status !== 201 && status !== 503)).toEqual([]);
  expect(code).toBe(0);
  expect(stoppedAfter).toBeLessThan(MAX_STOP_MS);

  await trial.gateway.start();
  for (const wish of wishes) await customer!.engine.initiate(wish);
  expect(await trial.waitUntilSettled()).toEqual([]);
  expect(trial.findErrors()).toEqual([]);
}, 120_000);

function generateRequests(parties: OrderParties): PaymentRequest[] {
  const random = createSeededRandom(7);
  const faults = FAULTS.flatMap(([fault, after, times]) =>
    Array.from({ length: times }, () => ({ fault, after })),
  );
  return faults.map(({ fault, after }, number) => ({
    ...generatePaymentRequest(number, parties, random),
    metadata: { 'sandbox/fault': fault, 'sandbox/after': String(after) },
  }));
}

/** Sends requests over new connections repeatedly, until the gateway has exited. */
async function sendUntilStopped(
  endpoint: string,
  key: string,
  wish: PaymentRequest,
  stopped: Promise<unknown>,
) {
  const statuses: (number | string)[] = [];
  let refusedAt = Infinity;
  let isOver = false;
  void stopped.then(() => (isOver = true));
  const callers: Promise<void>[] = [];
  const call = async (): Promise<void> => {
    const connection = createOrderConnection(endpoint, key);
    const status = getStatus(await connection.post(getOrderPath(wish), createRequestBody(wish)));
    connection.close();
    if (status === 'lost') refusedAt = Math.min(refusedAt, performance.now());
    else statuses.push(status);
  };
  while (!isOver) {
    callers.push(call());
    await sleep(50);
  }
  await Promise.all(callers);
  return { refusedAt, statuses };
}

function getStatus(posted: RequestResult): number | string {
  return typeof posted === 'object' ? posted.status : posted;
}
