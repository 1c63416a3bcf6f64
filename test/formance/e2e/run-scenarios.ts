/** Runs all scenarios against a running Formance and the built gateway. `run.mjs` builds and starts this program. */
import { CheckResults } from './check-results.js';
import { GatewayUnderTest, type ConnectorName } from './gateway-under-test.js';
import { connectToFormance, PaymentsServer } from './payments-server.js';
import type { Scenario, ScenarioContext } from './scenario-context.js';
import { compareDelivery, compareNewestBalances } from './scenarios/compare-delivery.js';
import { install } from './scenarios/install.js';
import { killDuringActivity } from './scenarios/kills.js';
import { orderWithFaults } from './scenarios/orders.js';
import { checkLegs } from './scenarios/check-legs.js';
import { checkStatementBalances } from './scenarios/statement-balances.js';
import { stopWorker } from './scenarios/stopped-worker.js';
import { readSettings, type EndToEndSettings } from './settings.js';

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'history',
    connector: 'history',
    execute: async (context) => {
      await compareDelivery(context, 'history');
      await compareNewestBalances(context, 'history');
    },
  },
  { name: 'legs', connector: 'scripted', execute: checkLegs },
  { name: 'bank', connector: 'bank', execute: checkStatementBalances },
  { name: 'kills', connector: 'live', execute: killDuringActivity },
  { name: 'orders', connector: 'orders', execute: orderWithFaults },
  { name: 'worker', connector: 'orders', execute: stopWorker },
];

async function runScenarios(settings: EndToEndSettings): Promise<number> {
  const results = new CheckResults((line) => console.log(line));
  noteMissingSettings(settings, results);
  const run = `e2e-${Date.now().toString(36)}`;
  const scenarios = selectScenarios(settings);
  const connection = connectToFormance(settings);
  const names = [...new Set(scenarios.map(({ connector }) => connector))];
  const gateway = await GatewayUnderTest.start(settings, run, names);
  try {
    const payments = new PaymentsServer(connection.open('payments'));
    const context: ScenarioContext = { settings, gateway, payments, results, run };
    await runStep(results, 'install', () => install(context));
    for (const [index, { name, connector, execute }] of scenarios.entries()) {
      await runStep(results, name, () => execute(context));
      // Formance's engine is slow. So a connector that no later scenario needs is removed, and Formance stops polling it.
      const isNeeded = scenarios.slice(index + 1).some((later) => later.connector === connector);
      if (!isNeeded) await uninstall(context, connector);
    }
  } finally {
    connection.close();
    await gateway.close(results.failed > 0);
    if (results.failed > 0) console.log(`The files of the gateway are in ${gateway.directory}`);
  }
  results.printComparisons();
  console.log(`${results.passed} passed, ${results.failed} failed, ${results.skipped} skipped`);
  return results.failed === 0 ? 0 : 1;
}

/** Prints which parts the run skips because a setting is absent. */
function noteMissingSettings(settings: EndToEndSettings, results: CheckResults): void {
  const { ledgerUrl, reconciliationUrl, paymentsDatabase, worker } = settings;
  const parts = [
    [ledgerUrl, 'FORMANCE_LEDGER_URL', 'nothing is compared with a ledger, and no policy runs'],
    [reconciliationUrl, 'FORMANCE_RECONCILIATION_URL', 'Formance Reconciliation is not asked'],
    [paymentsDatabase, 'FORMANCE_PAYMENTS_DATABASE', 'no faults are made in Payments'],
    [worker, 'FORMANCE_WORKER_STOP and FORMANCE_WORKER_START', 'the worker of Payments is not stopped'],
  ] as const;
  for (const [value, name, effect] of parts)
    if (value === undefined) results.note(`${name}: not set, so ${effect}`);
}

/**
 * Returns the scenarios to run.
 * @throws Error for an unknown name
 */
function selectScenarios({ only }: EndToEndSettings): readonly Scenario[] {
  const unknown = only.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown.length > 0) throw new Error(`--only: there is no scenario ${unknown.join(', ')}`);
  return SCENARIOS.filter(({ name }) => only.length === 0 || only.includes(name));
}

/** Runs a scenario. An error counts as a failed check, so that the other scenarios still run. */
async function runStep(results: CheckResults, name: string, execute: () => Promise<void>): Promise<void> {
  results.note(`scenario ${name}`);
  try {
    await execute();
  } catch (error) {
    results.add(name, [error instanceof Error ? (error.stack ?? error.message) : String(error)]);
  }
}

/** Removes a connector of this run from Formance, so that Formance does not poll a gateway that has ended. */
function uninstall({ gateway, results }: ScenarioContext, name: ConnectorName): Promise<void> {
  return gateway
    .uninstall(name)
    .catch((error: unknown) => results.add(`uninstall ${gateway.getPath(name)}`, [String(error)]));
}

const settings = readSettings(process.env, process.argv.slice(2));
if (settings === undefined) console.log('SKIPPED: FORMANCE_PAYMENTS_URL is not set');
else process.exitCode = await runScenarios(settings);
