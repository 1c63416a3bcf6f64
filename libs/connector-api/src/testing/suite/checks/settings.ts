/** Checks of the settings class, and of the isolation of connectors. */
import { expectThat } from '../assertions.js';
import type { Check } from '../check.js';
import { bindSettings, keysOf } from '../connector.js';
import type { Trial } from '../trial.js';

/** A value of a type that no setting has. */
const OTHER_TYPE = { of: 'another type' };

export const SETTINGS_CHECKS: readonly Check[] = [
  {
    name: 'settings: the right ones are accepted, and Nest puts the plugin together',
    async run(trial) {
      const scene = await trial.open();
      const psp = await scene.psp();
      const pays = psp.createPayout !== undefined || psp.createTransfer !== undefined;
      expectThat(
        !pays || trial.plugin.orders !== undefined,
        'the plugin pays, but has no "orders" that say how its PSP recognises a repeat',
      );
    },
  },
  {
    name: 'settings: a required one that is missing is named',
    async run({ plugin }) {
      const { complaints } = bindSettings(plugin.settings, {});
      for (const [key, complaint] of complaints) {
        expectThat(complaint.includes(key), `the complaint about "${key}" does not name it: ${complaint}`);
      }
    },
  },
  {
    name: 'settings: a wrong one is refused by its name',
    async run(trial) {
      const { plugin, suite } = trial;
      const { settings } = await trial.open();
      for (const key of keysOf(plugin.settings)) {
        for (const value of [OTHER_TYPE, ...(suite.wrong?.[key] ?? [])]) {
          const { complaints } = bindSettings(plugin.settings, { ...settings, [key]: value });
          expectThat(
            complaints.get(key)?.includes(key) === true,
            `${JSON.stringify(value)} as "${key}" must be refused by a complaint that names it; found ` +
              `${complaints.get(key) ?? 'no complaint'}`,
          );
        }
      }
    },
  },
  {
    name: 'settings: a plugin keeps nothing outside of its connector',
    // Two connectors of one plugin must not share state.
    run: twoConnectors,
  },
];

async function twoConnectors(trial: Trial): Promise<void> {
  const [one, other] = [await trial.open(), await trial.open()];
  const expected = [await one.add(), await other.add({ amount: '77.77' })];
  for (const scene of [one, other, one]) await scene.pull();
  for (const [index, { feed }] of [one, other].entries()) {
    const amounts = feed.transactions().map(({ amount }) => amount.amount);
    expectThat(
      amounts.length === 1 && amounts[0] === expected[index]?.money?.amount,
      `with two connectors, each lists the transaction of its own PSP; number ${index + 1} lists ${amounts.join(', ') || 'nothing'}`,
    );
  }
}
