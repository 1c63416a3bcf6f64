/** Checks of the settings class, and of the isolation of connectors. */
import { expectThat } from '../assertions.js';
import type { Check } from '../check.js';
import { validateSettings, getSettingNames } from '../open-connector.js';
import type { CheckContext } from '../check-context.js';

/** A value of a type that no setting has. Every setting must reject it. */
const WRONG_TYPE_VALUE = { of: 'another type' };

export const SETTINGS_CHECKS: readonly Check[] = [
  {
    name: 'settings: the right ones are accepted, and Nest puts the plugin together',
    async run(context) {
      const harness = await context.createHarness();
      const psp = await harness.createPsp();
      const pays = psp.createPayout !== undefined || psp.createTransfer !== undefined;
      expectThat(
        !pays || context.plugin.orders !== undefined,
        'the plugin pays, but has no "orders" that say how its PSP recognises a repeat',
      );
    },
  },
  {
    name: 'settings: a required one that is missing is named',
    async run({ plugin }) {
      const { problems } = validateSettings(plugin.settings, {});
      for (const [key, problem] of problems) {
        expectThat(problem.includes(key), `the complaint about "${key}" does not name it: ${problem}`);
      }
    },
  },
  {
    name: 'settings: a wrong one is refused by its name',
    async run(context) {
      const { plugin, suite } = context;
      const { settings } = await context.createHarness();
      for (const key of getSettingNames(plugin.settings)) {
        for (const value of [WRONG_TYPE_VALUE, ...(suite.invalidSettings?.[key] ?? [])]) {
          const { problems } = validateSettings(plugin.settings, { ...settings, [key]: value });
          expectThat(
            problems.get(key)?.includes(key) === true,
            `${JSON.stringify(value)} as "${key}" must be refused by a complaint that names it; found ` +
              `${problems.get(key) ?? 'no complaint'}`,
          );
        }
      }
    },
  },
  {
    name: 'settings: a plugin keeps nothing outside of its connector',
    // Two connectors of the same plugin must not share state.
    run: expectIsolatedConnectors,
  },
];

async function expectIsolatedConnectors(context: CheckContext): Promise<void> {
  const [one, other] = [await context.createHarness(), await context.createHarness()];
  const expected = [await one.addTransaction(), await other.addTransaction({ amount: '77.77' })];
  for (const harness of [one, other, one]) await harness.pull();
  for (const [index, { feed }] of [one, other].entries()) {
    const amounts = feed.getTransactions().map(({ amount }) => amount.amount);
    expectThat(
      amounts.length === 1 && amounts[0] === expected[index]?.money?.amount,
      `with two connectors, each lists the transaction of its own PSP; number ${index + 1} lists ${amounts.join(', ') || 'nothing'}`,
    );
  }
}
