/** Combines an amount with its credit/debit indicator, which is a separate field. */
import { parseMoney } from '@tributary/connector-api';
import type { Money } from '@tributary/connector-api';
import type { CreditDebit } from './statement.types.js';

/**
 * Returns the amount with its sign.
 * @throws InvalidRecordError if the currency is unknown, or if a digit would be lost
 */
export function toSignedMoney({
  amount,
  currency,
  creditDebit,
}: {
  amount: string;
  currency: string;
  creditDebit: CreditDebit;
}): Money {
  const value = parseMoney(amount, currency);
  return creditDebit === 'DBIT' ? { ...value, amount: -value.amount } : value;
}
