/** Checks of amounts and currencies: exact decimals, unknown currencies, and the direction of money. */
import { formatAmount } from '../../../money.js';
import { expectThat } from '../assertions.js';
import type { Check } from '../check.js';
import { recordsOf } from '../expectation.js';
import type { Trial } from '../trial.js';

/** Amounts that change if they pass through a double, or with a wrong number of decimal places. */
const AMOUNTS: readonly [digits: number, currency: string, amounts: readonly string[]][] = [
  [0, 'JPY', ['1234', '900719925474099', '5']],
  [2, 'EUR', ['0.29', '1.10', '1.15', '4.35', '90071992547409.93', '7.00']],
  [3, 'KWD', ['1.234', '0.005', '8.165', '9007199254740.993']],
  [4, 'CLF', ['1.2345', '0.0001', '900719925474.0993']],
];
/** A code that ISO 4217 reserves for private use, so it will never be assigned. */
const UNKNOWN = 'XQX';

export const MONEY_CHECKS: readonly Check[] = [
  ...AMOUNTS.map(([digits, currency, amounts]): Check => ({
    name: `money: exact with ${digits} decimal places (${currency})`,
    run: (trial) => exact(trial, currency, amounts),
  })),
  {
    name: 'money: a currency that nobody knows is refused, and the listing goes on',
    async run(trial) {
      for (const pageSize of ['one', 'largest'] as const) {
        const scene = await trial.open(pageSize);
        await scene.add();
        await scene.add({ currency: UNKNOWN, amount: '55.55' });
        await scene.add();
        await scene.pull();
        scene.expectAll(`with a row in ${UNKNOWN} among the others`);
        const guessed = scene.feed.transactions().find(({ amount }) => amount.asset.startsWith(UNKNOWN));
        expectThat(
          guessed === undefined,
          `55.55 ${UNKNOWN} became ${guessed?.amount.amount} of ${guessed?.amount.asset}: nobody knows how many digits ${UNKNOWN} has`,
        );
        const { refusals, unservable } = scene.feed;
        expectThat(refusals.size + unservable.length > 0, `a row in ${UNKNOWN} was left out without a word`);
      }
    },
  },
  {
    name: 'money: the direction is in the account, not in a sign',
    async run(trial) {
      const scene = await trial.open();
      await scene.pull('accounts');
      const ours = new Set(scene.feed.items('accounts').map(({ id }) => id));
      for (const direction of ['in', 'out'] as const) {
        const expected = await scene.add({ direction });
        await scene.pull();
        scene.expectAll(`money that went ${direction}`);
        const [record] = recordsOf(expected, scene.feed);
        const [from, to] = [record?.sourceAccountId ?? '', record?.destinationAccountId ?? ''];
        expectThat(
          ours.has(direction === 'in' ? to : from) && !ours.has(direction === 'in' ? from : to),
          `money that went ${direction} has the source "${from}" and the destination "${to}"; the account of ours must be its ` +
            (direction === 'in' ? 'destination' : 'source'),
        );
      }
    },
  },
];

async function exact(trial: Trial, currency: string, amounts: readonly string[]): Promise<void> {
  const scene = await trial.open();
  const known = new Set<string>();
  for (const amount of amounts) {
    const expected = await scene.add({ amount, currency });
    await scene.pull();
    const record = scene.feed.transactions().find(({ id }) => !known.has(id));
    expectThat(
      record !== undefined,
      `${amount} ${currency} is missing${[...scene.feed.refusals.values()].map(({ refused }) => `; refused: ${refused}`).join('')}`,
    );
    known.add(record.id);
    const { amount: money } = record;
    const servable = scene.feed.unservable[0];
    expectThat(servable === undefined, `${amount} ${currency} cannot be served: ${servable}`);
    expectThat(
      money.amount === expected.money?.amount && money.asset === expected.money.asset,
      `${amount} ${currency} became ${money.amount} of ${money.asset} (${formatAmount(money)}); ` +
        `expected ${expected.money?.amount} of ${expected.money?.asset}`,
    );
  }
}
