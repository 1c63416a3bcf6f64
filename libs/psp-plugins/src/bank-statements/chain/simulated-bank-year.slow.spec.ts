/**
 * Tests a simulated year of 30 accounts that is pulled once a week. The plugin must report every missing, late, duplicated, corrected,
 * overlapping and reordered statement, and nothing else. The sums that are served must agree with the balances.
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { FakeBank } from '../bank-statements.fake.js';
import { FAULTY_WEEK, WEEK_COUNT, simulateAccount } from '../testing/simulated-bank-year.js';
import type { SimulatedAccount } from '../testing/simulated-bank-year.js';

const ACCOUNT_COUNT = 30;
/**
 * The timeout of the test in ms. The year takes about 10 s of processor time, and more than a minute if other programs use the processors.
 */
const MAX_YEAR_MS = 900_000;

describe('a year of 30 accounts', () => {
  const bank = new FakeBank();
  const accounts = Array.from({ length: ACCOUNT_COUNT }, (_, index) => simulateAccount(index));
  /** The weeks in which an opening balance differs from the closing balance before it, by account. */
  const weeksWithBreak = new Map<string, number[]>(accounts.map(({ id }) => [id, []]));

  const findWarnings = (id: string, isKind: (warningId: string) => boolean): string[] =>
    [...bank.feed.warnings].flatMap(([warningId, message]) =>
      isKind(warningId) && message.includes(id) ? [message] : [],
    );
  const findBreaks = (id: string): string[] =>
    findWarnings(id, (warningId) => warningId.startsWith('chain:'));

  beforeAll(async () => {
    for (let week = 0; week < WEEK_COUNT; week++) {
      for (const file of accounts.flatMap(({ files }) => files.filter((each) => each.week === week)))
        bank.writeFile(file.name, file.content);
      await bank.sync('transactions');
      for (const { id } of accounts) if (findBreaks(id).length > 0) weeksWithBreak.get(id)?.push(week);
    }
  }, MAX_YEAR_MS);

  it.each(accounts.map((account) => [`${account.fault} (${account.id})`, account] as const))(
    '%s',
    (_name, account) => {
      expect(weeksWithBreak.get(account.id)).toEqual(account.weeksWithBreak);
      expect(findWarnings(account.id, (warningId) => warningId.endsWith(':changed'))).toHaveLength(
        account.changeCount,
      );
      expect(sumServed(bank, account)).toBe(BigInt(account.servedCents));
    },
  );

  it('has no other warning, and no file is refused', () => {
    const expectedCount = accounts.reduce(
      (sum, account) => sum + account.changeCount + (account.weeksWithBreak.includes(WEEK_COUNT - 1) ? 1 : 0),
      0,
    );
    expect(bank.feed.warnings.size).toBe(expectedCount);
    expect(bank.feed.rejected.size).toBe(0);
    expect(
      accounts.filter(({ weeksWithBreak: weeks }) => weeks.includes(FAULTY_WEEK)).length,
    ).toBeGreaterThan(0);
  });
});

function sumServed(bank: FakeBank, { id }: SimulatedAccount): bigint {
  return bank.feed.transactions
    .filter(({ status }) => status === 'SUCCEEDED')
    .reduce((sum, { sourceAccountId, destinationAccountId, amount }) => {
      if (destinationAccountId === id) return sum + amount.amount;
      return sourceAccountId === id ? sum - amount.amount : sum;
    }, 0n);
}
