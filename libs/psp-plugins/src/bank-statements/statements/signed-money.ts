/** Combines an amount with its separate credit/debit indicator. */
import { parseMoney } from '@tributary/connector-api';
import type { Money } from '@tributary/connector-api';
import type { CreditDebit } from './statement.types.js';

/** @throws InvalidRecordError when the currency is unknown or when a digit would be lost */
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
