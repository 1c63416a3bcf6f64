/**
 * Sends orders through the built program to a PSP with every fault, while the program is killed (SIGKILL) and clients repeat requests. Each order
 * is paid at most once. No paid order is called FAILED. No order is lost. Each order ends in Formance as it ended at the PSP.
 * `ORDERS` and `KILLS` set the size: `npm run soak`.
 */
import type { Customer } from './customer.js';
import { Trial, type TrialSize } from './trial.js';
import type { Truth } from './truth.js';

const IS_SOAK = process.env.ORDERS !== undefined;
const SIZE: TrialSize = IS_SOAK
  ? {
      orders: Number(process.env.ORDERS),
      kills: Number(process.env.KILLS),
      atOnce: 60,
      seed: 1,
      troubles: 'any',
    }
  : { orders: 200, kills: 5, atOnce: 40, seed: 1, troubles: 'short' };
const TROUBLE = { faults: IS_SOAK ? 0.6 : 0, fates: 0.7, delay: IS_SOAK ? 500 : 300 };

let trial: Trial;
beforeAll(async () => {
  trial = await Trial.start(SIZE, TROUBLE);
});
afterAll(() => trial?.end());

test(`${SIZE.orders} orders, ${SIZE.kills} kills: each leaves at most once, and ends as the PSP says`, async () => {
  await trial.sendAll();
  const unfinished = await trial.settle();
  await trial.repeatAll();
  report();
  expect(trial.lies()).toEqual([]);
  expect(unfinished).toEqual([]);
  expect(trial.kills).toBe(SIZE.kills);
}, 7_200_000);

function report(): void {
  for (const customer of trial.customers) {
    process.stdout.write(`${customer.connector.name}: ${tell(customer, trial.truthOf(customer))}\n`);
  }
  process.stdout.write(
    `${trial.kills} kills, ${trial.retries} initiations retried by hand, ${trial.unanswered} polls without an answer\n`,
  );
}

function tell({ engine, ends, requests, late }: Customer, truth: Truth): string {
  const orders = [...engine.initiations.keys()];
  const left = orders.filter((reference) => truth.paid(reference).length > 0).length;
  const twice = orders.filter((reference) => truth.paid(reference).length > 1).length;
  const statuses = count(orders.map((reference) => engine.initiations.get(reference)!.status));
  return [
    `${orders.length} orders in ${requests} requests (${list(ends)}; ${late} answers later than promised)`,
    `${truth.attempts} attempts reached the PSP (${list(truth.faults)})`,
    `${left} orders left, ${twice} of them more than once`,
    `initiations: ${list(statuses)}`,
  ].join('; ');
}

function count(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([word, times]) => `${word} ${times}`).join(', ');
}
