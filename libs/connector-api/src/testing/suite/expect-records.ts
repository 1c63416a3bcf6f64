/** Compares the transactions of the fake PSP with the records in the feed. */
import { getCurrencyDecimals } from '../../currencies.js';
import { formatAmount, parseMoney } from '../../money.js';
import type { Money } from '../../money.js';
import type { Transaction } from '../../record.types.js';
import { expectThat } from './assertions.js';
import type { InMemoryFeed } from './in-memory-feed.js';
import type { TransactionInput } from './suite.types.js';

export interface ExpectedTransaction {
  /** The id that the fixture returned. */
  id: string;
  input: TransactionInput;
  /** The amount of money; `undefined` if the currency is unknown. */
  money: Money | undefined;
}

export function createExpectedTransaction(id: string, input: TransactionInput): ExpectedTransaction {
  const known = getCurrencyDecimals(input.currency) !== undefined;
  return { id, input, money: known ? parseMoney(input.amount, input.currency) : undefined };
}

/** Finds the records of a transaction by its id, or else by its amount, which is unique. */
export function findRecords(expected: ExpectedTransaction, feed: InMemoryFeed): Transaction[] {
  return createRecordFinder(feed)(expected);
}

/** Returns a function that finds records like `findRecords`, for the present content of a feed. The feed is read only once. */
function createRecordFinder(feed: InMemoryFeed): (expected: ExpectedTransaction) => Transaction[] {
  const byId = new Map<string, Transaction>();
  const byMoney = new Map<string, Transaction[]>();
  for (const transaction of feed.getTransactions()) {
    byId.set(transaction.id, transaction);
    const key = formatMoneyKey(transaction.amount);
    byMoney.set(key, [...(byMoney.get(key) ?? []), transaction]);
  }
  return ({ id, money }) => {
    const named = byId.get(id);
    if (named !== undefined) return [named];
    return (money && byMoney.get(formatMoneyKey(money))) ?? [];
  };
}

function formatMoneyKey({ amount, asset }: Money): string {
  return `${amount} ${asset}`;
}

/**
 * Checks that the feed contains each transaction exactly once.
 * @throws CheckFailure that lists missing and duplicate transactions
 */
export function expectRecords(all: readonly ExpectedTransaction[], feed: InMemoryFeed, when: string): void {
  const find = createRecordFinder(feed);
  const wanted = all.filter(({ money }) => money !== undefined);
  const missing = wanted.filter((one) => find(one).length === 0);
  const several = wanted.filter((one) => find(one).length > 1);
  const refused = [...feed.rejectedRecords.values()].map(({ id, reason }) => `${id}: ${reason}`);
  const serializationErrors =
    feed.serializationErrors.length === 0 ? '' : `; cannot be served: ${feed.serializationErrors[0]}`;
  expectThat(
    missing.length === 0,
    `${when}: ${missing.length} of ${wanted.length} transactions are missing: ${formatTransactions(missing)}` +
      `${refused.length === 0 ? '' : `; refused: ${refused.slice(0, 3).join('; ')}`}${serializationErrors}`,
  );
  expectThat(
    several.length === 0,
    `${when}: one movement became several records: ${formatTransactions(several)}`,
  );
}

export function formatTransactions(all: readonly ExpectedTransaction[]): string {
  const some = all.slice(0, 3).map(({ id, input, money }) => {
    const amount = money ? `${formatAmount(money)} ${input.currency}` : `${input.amount} ${input.currency}`;
    return `${id} (${amount} of ${new Date(input.at).toISOString()})`;
  });
  return `${some.join(', ')}${all.length > 3 ? ' …' : ''}`;
}
