/** Sends payouts and transfers through Formance to a PSP with faults, in EUR/2 and JPY, while the gateway is killed. */
import { OrderedPayments } from '../ordered-payments.js';
import type { ScenarioContext } from '../scenario-context.js';
import { compareDelivery } from './compare-delivery.js';
import { killRepeatedly } from './kills.js';

const KINDS = ['PAYOUT', 'TRANSFER'] as const;
const ASSETS = ['EUR/2', 'JPY/0'] as const;

export async function orderWithFaults(context: ScenarioContext): Promise<void> {
  const { settings, results, run } = context;
  const ordered = await OrderedPayments.prepare(context);
  const sending = async () => {
    for (let number = 0; number < settings.orders; number++)
      await ordered.send({
        reference: `${run} order ${number}`,
        type: KINDS[number % 2]!,
        asset: ASSETS[Math.floor(number / 2) % 2]!,
        amount: BigInt(1000 + number),
        // The metadata is empty, so the settings of the PSP choose the faults and the results.
        metadata: {},
      });
  };
  await Promise.all([sending(), killRepeatedly(context, Math.ceil(settings.kills / 2))]);
  const problems = await ordered.waitUntilFinal();
  results.note(`${ordered.count} orders; attempts: ${ordered.describeFaults()}`);
  results.note(`${ordered.retriedCount} failed initiations were retried, as a person does`);
  results.add('orders: each initiation and its payment end as the PSP did', problems);
  await compareDelivery(context, 'orders');
}
