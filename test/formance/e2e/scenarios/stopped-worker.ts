/**
 * Stops Formance's worker while orders are in every step of their processing. Afterwards the final state of each initiation and each
 * payment must be right.
 */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { OrderedPayments } from '../ordered-payments.js';
import type { ScenarioContext } from '../scenario-context.js';
import { compareDelivery } from './compare-delivery.js';

/**
 * Time in milliseconds between the first order and the stop of the worker. The orders of the first group reach the PSP within this time.
 */
const PREPARATION_MS = 60_000;

/** Creates the list of the steps in the processing of an order at which the worker stops. */
function createPoints(workerStopMs: number) {
  const duringStop = { 'sandbox/after': String(PREPARATION_MS + workerStopMs / 2) };
  return {
    beforeStop: {
      'settled before the stop': { 'sandbox/fate': 'settles', 'sandbox/after': '500' },
      'returned while the worker is stopped': { 'sandbox/fate': 'returns', ...duringStop },
      'settled while the worker is stopped': { 'sandbox/fate': 'settles', ...duringStop },
      'failed while the worker is stopped': { 'sandbox/fate': 'fails', ...duringStop },
      'executed while the worker is stopped': {
        'sandbox/fault': 'executes-later',
        'sandbox/fate': 'succeeds',
        ...duringStop,
      },
      'settled after the worker has started': {
        'sandbox/fate': 'settles',
        'sandbox/after': String(PREPARATION_MS + workerStopMs + 20_000),
      },
    },
    atStop: {
      'not yet answered at the stop': {
        'sandbox/fault': 'answers-late',
        'sandbox/fate': 'succeeds',
        'sandbox/after': '6000',
      },
    },
    duringStop: {
      'ordered while the worker is stopped': { 'sandbox/fault': 'none', 'sandbox/fate': 'succeeds' },
    },
  } as const;
}

export async function stopWorker(context: ScenarioContext): Promise<void> {
  const { settings, results } = context;
  const { worker, workerStopMs } = settings;
  const seconds = workerStopMs / 1000;
  const name = `orders while the worker is stopped for ${seconds} s`;
  if (worker === undefined)
    return results.skip(name, 'FORMANCE_WORKER_STOP and FORMANCE_WORKER_START are not set');
  const ordered = await OrderedPayments.prepare(context);
  const points = createPoints(workerStopMs);
  const stopsAt = Date.now() + PREPARATION_MS;
  const accepted = [
    ...(await ordered.waitUntilAccepted(await sendGroup(context, ordered, points.beforeStop))),
    ...(await waitAndSendLastGroup()),
  ];
  results.add(`${name}: the PSP has the orders before the stop`, accepted);
  await runCommand(worker.stop);
  const stoppedAt = Date.now();
  results.note('the worker is stopped');
  try {
    await sendGroup(context, ordered, points.duringStop);
    await sleep(workerStopMs);
  } finally {
    await runCommand(worker.start);
  }
  const changed = ordered.findChangedBetween(stoppedAt, Date.now());
  results.note(`the worker is started; meanwhile ${changed.length} orders have changed at the PSP`);
  const problems = await ordered.waitUntilFinal();
  results.note(`${ordered.count} orders, ${ordered.retriedCount} initiations retried as a person does`);
  results.add(`${name}: each initiation and its payment end as the PSP did`, problems);
  await compareDelivery(context, 'orders');

  /**
   * Waits until the first response is outstanding, i.e. Formance waits for the gateway. Formance may not have sent the other orders yet.
   */
  async function waitAndSendLastGroup(): Promise<readonly string[]> {
    await sleep(Math.max(0, stopsAt - Date.now()));
    return ordered.waitUntilAccepted(await sendGroup(context, ordered, points.atStop), 1);
  }
}

/**
 * Sends a payout and a transfer, in EUR and in JPY, for each step.
 * @returns the references of the orders
 */
async function sendGroup(
  { run }: ScenarioContext,
  ordered: OrderedPayments,
  points: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Promise<string[]> {
  const references: string[] = [];
  for (const [point, metadata] of Object.entries(points))
    for (const type of ['PAYOUT', 'TRANSFER'] as const)
      for (const asset of ['EUR/2', 'JPY/0']) {
        const reference = `${run} ${point} ${type} ${asset}`;
        // The settings of the PSP choose everything that the metadata does not set.
        const choices = { 'sandbox/fault': 'none', ...metadata };
        await ordered.send({
          reference,
          type,
          asset,
          amount: BigInt(5000 + ordered.count),
          metadata: choices,
        });
        references.push(reference);
      }
  return references;
}

async function runCommand(command: string): Promise<void> {
  await promisify(execFile)('/bin/sh', ['-c', command]);
}
