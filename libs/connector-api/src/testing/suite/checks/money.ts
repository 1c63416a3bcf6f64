/** Checks of amounts and currencies: exact decimals, unknown currencies, and the direction of money. */
import { formatAmount } from '../../../money.js';
import { expectThat } from '../assertions.js';
import type { Check } from '../check.js';
import { findRecords } from '../expect-records.js';
import type { CheckContext } from '../check-context.js';

/** Amounts that would change if a plugin converted them to floating-point numbers or read them with a wrong number of decimal places. */
const TEST_AMOUNTS: readonly [digits: number, currency: string, amounts: readonly string[]][] = [
  [0, 'JPY', ['1234', '900719925474099', '5']],
  [2, 'EUR', ['0.29', '1.10', '1.15', '4.35', '90071992547409.93', '7.00']],
  [3, 'KWD', ['1.234', '0.005', '8.165', '9007199254740.993']],
  [4, 'CLF', ['1.2345', '0.0001', '900719925474.0993']],
];
/** A currency code that ISO 4217 reserves for private use, so that it is never assigned to a currency. */
const UNKNOWN_CURRENCY = 'XQX';

export const MONEY_CHECKS: readonly Check[] = [
  ...TEST_AMOUNTS.map(([digits, currency, amounts]): Check => ({
    name: `money: exact with ${digits} decimal places (${currency})`,
    run: (context) => expectExactAmounts(context, currency, amounts),
  })),
  {
    name: 'money: an unknown currency is refused, and the listing goes on',
    async run(context) {
      for (const pageSize of ['one', 'largest'] as const) {
        const harness = await context.createHarness(pageSize);
        await harness.addTransaction();
        await harness.addTransaction({ currency: UNKNOWN_CURRENCY, amount: '55.55' });
        await harness.addTransaction();
        await harness.pull();
        harness.expectAllTransactions(`with a row in ${UNKNOWN_CURRENCY} among the others`);
        const guessed = harness.feed
          .getTransactions()
          .find(({ amount }) => amount.asset.startsWith(UNKNOWN_CURRENCY));
        expectThat(
          guessed === undefined,
          `55.55 ${UNKNOWN_CURRENCY} became ${guessed?.amount.amount} of ${guessed?.amount.asset}: the number of digits of ${UNKNOWN_CURRENCY} is unknown`,
        );
        const { rejectedRecords, serializationErrors } = harness.feed;
        expectThat(
          rejectedRecords.size + serializationErrors.length > 0,
          `a row in ${UNKNOWN_CURRENCY} was left out without a word`,
        );
      }
    },
  },
  {
    name: 'money: the direction is in the account, not in a sign',
    async run(context) {
      const harness = await context.createHarness();
      await harness.pull('accounts');
      const ours = new Set(harness.feed.getRecords('accounts').map(({ id }) => id));
      for (const direction of ['in', 'out'] as const) {
        const expected = await harness.addTransaction({ direction });
        await harness.pull();
        harness.expectAllTransactions(`money that went ${direction}`);
        const [record] = findRecords(expected, harness.feed);
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

async function expectExactAmounts(
  context: CheckContext,
  currency: string,
  amounts: readonly string[],
): Promise<void> {
  const harness = await context.createHarness();
  const known = new Set<string>();
  for (const amount of amounts) {
    const expected = await harness.addTransaction({ amount, currency });
    await harness.pull();
    const record = harness.feed.getTransactions().find(({ id }) => !known.has(id));
    expectThat(
      record !== undefined,
      `${amount} ${currency} is missing${[...harness.feed.rejectedRecords.values()].map(({ reason }) => `; refused: ${reason}`).join('')}`,
    );
    known.add(record.id);
    const { amount: money } = record;
    const servable = harness.feed.serializationErrors[0];
    expectThat(servable === undefined, `${amount} ${currency} cannot be served: ${servable}`);
    expectThat(
      money.amount === expected.money?.amount && money.asset === expected.money.asset,
      `${amount} ${currency} became ${money.amount} of ${money.asset} (${formatAmount(money)}); ` +
        `expected ${expected.money?.amount} of ${expected.money?.asset}`,
    );
  }
}
