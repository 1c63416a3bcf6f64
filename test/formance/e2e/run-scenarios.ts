/** Drives a running Formance and the built gateway through all scenarios. `run.mjs` builds and starts it. */
import { CheckResults } from './check-results.js';
import { GatewayUnderTest } from './gateway-under-test.js';
import { connectToFormance, PaymentsServer } from './payments-server.js';
import type { Scenario, ScenarioContext } from './scenario-context.js';
import { compareDelivery, compareNewestBalances } from './scenarios/compare-delivery.js';
import { install } from './scenarios/install.js';
import { killDuringActivity } from './scenarios/kills.js';
import { orderWithFaults } from './scenarios/orders.js';
import { checkStatementBalances } from './scenarios/statement-balances.js';
import { stopWorker } from './scenarios/stopped-worker.js';
import { readSettings, type EndToEndSettings } from './settings.js';

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'history',
    execute: async (context) => {
      await compareDelivery(context, 'history');
      await compareNewestBalances(context, 'history');
    },
  },
  { name: 'bank', execute: checkStatementBalances },
  { name: 'kills', execute: killDuringActivity },
  { name: 'orders', execute: orderWithFaults },
  { name: 'worker', execute: stopWorker },
];

async function runScenarios(settings: EndToEndSettings): Promise<number> {
  const results = new CheckResults((line) => console.log(line));
  const run = `e2e-${Date.now().toString(36)}`;
  const connection = connectToFormance(settings);
  const gateway = await GatewayUnderTest.start(settings, run);
  try {
    const payments = new PaymentsServer(connection.open('payments'));
    const context: ScenarioContext = { settings, gateway, payments, results, run };
    const selected = SCENARIOS.filter(
      ({ name }) => settings.only.length === 0 || settings.only.includes(name),
    );
    for (const { name, execute } of [{ name: 'install', execute: install }, ...selected]) {
      results.note(`scenario ${name}`);
      try {
        await execute(context);
      } catch (error) {
        results.add(name, [error instanceof Error ? (error.stack ?? error.message) : String(error)]);
      }
    }
    await uninstall(context);
  } finally {
    connection.close();
    await gateway.close(results.failed > 0);
    if (results.failed > 0) console.log(`The files of the gateway are in ${gateway.directory}`);
  }
  console.log(`${results.passed} passed, ${results.failed} failed, ${results.skipped} skipped`);
  return results.failed === 0 ? 0 : 1;
}

/** Removes the connectors of this run, so that Formance does not ask a gateway that is gone. */
async function uninstall({ gateway, results }: ScenarioContext): Promise<void> {
  for (const name of ['history', 'live', 'orders', 'bank'] as const)
    await gateway
      .uninstall(name)
      .catch((error: unknown) => results.add(`uninstall ${gateway.getPath(name)}`, [String(error)]));
}

const settings = readSettings(process.env, process.argv.slice(2));
if (settings === undefined) console.log('SKIPPED: FORMANCE_PAYMENTS_URL is not set');
else process.exitCode = await runScenarios(settings);
