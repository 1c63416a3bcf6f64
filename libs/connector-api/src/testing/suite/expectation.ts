/** Compares the transactions of the fake PSP with the records in the feed. */
import { currencyDigits } from '../../currencies.js';
import { formatAmount, money } from '../../money.js';
import type { Money } from '../../money.js';
import type { Transaction } from '../../records.js';
import { expectThat } from './assertions.js';
import type { SuiteFeed } from './suite-feed.js';
import type { TransactionWish } from './suite.types.js';

export interface Expected {
  /** Id that the fixture returned. */
  id: string;
  wish: TransactionWish;
  /** `undefined` if the currency is unknown. */
  money: Money | undefined;
}

export function expectationOf(id: string, wish: TransactionWish): Expected {
  const known = currencyDigits(wish.currency) !== undefined;
  return { id, wish, money: known ? money(wish.amount, wish.currency) : undefined };
}

/** Finds the records of a transaction: by its id, otherwise by its amount, which is unique. */
export function recordsOf({ id, money: expected }: Expected, feed: SuiteFeed): Transaction[] {
  const transactions = feed.transactions();
  const named = transactions.filter((transaction) => transaction.id === id);
  if (named.length > 0) return named;
  return transactions.filter(
    ({ amount }) => amount.amount === expected?.amount && amount.asset === expected.asset,
  );
}

/** @throws CheckFailure that names missing and duplicate transactions. */
export function expectRecords(all: readonly Expected[], feed: SuiteFeed, when: string): void {
  const wanted = all.filter(({ money: expected }) => expected !== undefined);
  const missing = wanted.filter((one) => recordsOf(one, feed).length === 0);
  const several = wanted.filter((one) => recordsOf(one, feed).length > 1);
  const refused = [...feed.refusals.values()].map(({ id, refused: why }) => `${id}: ${why}`);
  const unservable = feed.unservable.length === 0 ? '' : `; cannot be served: ${feed.unservable[0]}`;
  expectThat(
    missing.length === 0,
    `${when}: ${missing.length} of ${wanted.length} transactions are missing: ${tell(missing)}` +
      `${refused.length === 0 ? '' : `; refused: ${refused.slice(0, 3).join('; ')}`}${unservable}`,
  );
  expectThat(several.length === 0, `${when}: one movement became several records: ${tell(several)}`);
}

export function tell(all: readonly Expected[]): string {
  const some = all.slice(0, 3).map(({ id, wish, money: expected }) => {
    const amount = expected
      ? `${formatAmount(expected)} ${wish.currency}`
      : `${wish.amount} ${wish.currency}`;
    return `${id} (${amount} of ${new Date(wish.at).toISOString()})`;
  });
  return `${some.join(', ')}${all.length > 3 ? ' …' : ''}`;
}
