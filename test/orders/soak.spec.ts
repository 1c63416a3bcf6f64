/**
 * Sends orders through the built program to a PSP with every fault, while the program is killed (SIGKILL) and clients repeat requests. Each
 * order must be paid at most once. No paid order may be reported as FAILED, and no order may be lost. Each order must have the same end in
 * Formance as at the PSP. `ORDERS` and `KILLS` set the size: `npm run soak`.
 */
import type { Customer } from './customer.js';
import { OrderKillScenario, type ScenarioSize } from './order-kill-scenario.js';
import type { PspJournal } from './psp-journal.js';

const IS_SOAK = process.env.ORDERS !== undefined;
const SIZE: ScenarioSize = IS_SOAK
  ? {
      orders: Number(process.env.ORDERS),
      kills: Number(process.env.KILLS),
      concurrency: 60,
      seed: 1,
      faultChoice: 'any',
    }
  : { orders: 120, kills: 3, concurrency: 40, seed: 1, faultChoice: 'short' };
const FAULT_SETTINGS = { faultShare: IS_SOAK ? 0.6 : 0, fateShare: 0.7, delayMs: IS_SOAK ? 500 : 300 };

let trial: OrderKillScenario;
beforeAll(async () => {
  trial = await OrderKillScenario.start(SIZE, FAULT_SETTINGS);
});
afterAll(() => trial?.stop());

test(`${SIZE.orders} orders, ${SIZE.kills} kills: each leaves at most once, and ends as the PSP says`, async () => {
  await trial.sendAll();
  const unfinished = await trial.waitUntilSettled();
  await trial.repeatAll();
  printReport();
  expect(trial.findErrors()).toEqual([]);
  expect(unfinished).toEqual([]);
  expect(trial.killCount).toBe(SIZE.kills);
}, 7_200_000);

function printReport(): void {
  for (const customer of trial.customers) {
    process.stdout.write(
      `${customer.connector.name}: ${describeCustomer(customer, trial.readJournal(customer))}\n`,
    );
  }
  process.stdout.write(
    `${trial.killCount} kills, ${trial.retryCount} initiations retried by hand, ${trial.failedPollCount} polls without an answer\n`,
  );
}

function describeCustomer(
  { engine, endCounts, requestCount, lateResponseCount }: Customer,
  truth: PspJournal,
): string {
  const orders = [...engine.initiations.keys()];
  const left = orders.filter((reference) => truth.getPayments(reference).length > 0).length;
  const twice = orders.filter((reference) => truth.getPayments(reference).length > 1).length;
  const statuses = countWords(orders.map((reference) => engine.initiations.get(reference)!.status));
  return [
    `${orders.length} orders in ${requestCount} requests (${formatCounts(endCounts)}; ${lateResponseCount} answers later than promised)`,
    `${truth.attemptCount} attempts reached the PSP (${formatCounts(truth.faultCounts)})`,
    `${left} orders left, ${twice} of them more than once`,
    `initiations: ${formatCounts(statuses)}`,
  ].join('; ');
}

function countWords(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

function formatCounts(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([word, times]) => `${word} ${times}`).join(', ');
}
