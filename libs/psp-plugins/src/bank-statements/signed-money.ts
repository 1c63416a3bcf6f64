/** Combines an amount with its separate credit/debit indicator. */
import { money } from '@tributary/connector-api';
import type { Money } from '@tributary/connector-api';
import type { CreditDebit } from './statement.js';

/** @throws InvalidRecordError when the currency is unknown or a digit would be lost */
export function signedMoney({
  amount,
  currency,
  creditDebit,
}: {
  amount: string;
  currency: string;
  creditDebit: CreditDebit;
}): Money {
  const value = money(amount, currency);
  return creditDebit === 'DBIT' ? { ...value, amount: -value.amount } : value;
}
