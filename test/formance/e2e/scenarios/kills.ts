/**
 * Kills the gateway repeatedly while its PSPs have new data and Formance polls. Afterwards Formance must have all data with the right
 * amounts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ScenarioContext } from '../scenario-context.js';
import { compareDelivery } from './compare-delivery.js';

/** The maximum time in milliseconds for which the gateway runs between two kills. */
const MAX_RUN_MS = 8000;

/** Kills the program and starts it again, `count` times. */
export async function killRepeatedly({ gateway, results }: ScenarioContext, count: number): Promise<void> {
  for (let kill = 1; kill <= count; kill++) {
    await sleep(500 + Math.random() * MAX_RUN_MS);
    await gateway.restart();
  }
  results.note(`the gateway was killed ${count} times`);
}

export async function killDuringActivity(context: ScenarioContext): Promise<void> {
  await context.gateway.setLiveActivity('live');
  await killRepeatedly(context, context.settings.kills);
  await context.gateway.setLiveActivity('frozen');
  await compareDelivery(context, 'live');
}
