import { InvalidRecordError } from '@tributary/connector-api';
import type { Money } from '@tributary/connector-api';
import { toSignedMoney } from './to-signed-money.js';
import type { Entry, EntryDetail } from './statement.types.js';

/**
 * Returns the details of a batch if all of them have an amount, and the amounts add up to the entry's amount. Otherwise the result is
 * `undefined`.
 */
export function splitBatch(entry: Entry): (EntryDetail & { signed: Money })[] | undefined {
  if (entry.details.length < 2) return undefined;
  const whole = toSignedMoney(entry);
  const details: (EntryDetail & { signed: Money })[] = [];
  let sum = 0n;
  for (const detail of entry.details) {
    const { amount, currency = entry.currency, creditDebit = entry.creditDebit } = detail;
    if (amount === undefined || currency !== entry.currency) return undefined;
    try {
      const signed = toSignedMoney({ amount, currency, creditDebit });
      details.push({ ...detail, signed });
      sum += signed.amount;
    } catch (error) {
      if (error instanceof InvalidRecordError) return undefined;
      throw error;
    }
  }
  return sum === whole.amount ? details : undefined;
}
