import type { Json } from '../http/json-accessors.js';
import type { Money } from '../money.js';
import { addMoney, negateMoney } from './money-from-minor-units.js';

/** One deduction by a PSP: its name and its amount, which is negative if the account lost money. */
export type Deduction = [name: string, amount: Money];

/**
 * Splits the difference between a gross and a net amount into the deductions that the PSP lists:
 * `readDeductions(row.at('details'), ['fees', 'tax'], …)`. The rest of the difference gets the name `other`, so that the gross amount and
 * all deductions add up to the net amount. Deductions of zero are omitted.
 * @param details the object with the deductions. A deduction may be absent
 * @throws InvalidRecordError for an invalid deduction, and for amounts of different assets
 */
export function readDeductions(
  details: Json,
  names: readonly string[],
  { gross, net, parseMoney }: { gross: Money; net: Money; parseMoney: (part: Json) => Money },
): Deduction[] {
  const parts = names.flatMap((name): Deduction[] => {
    const part = details.optionalObject(name);
    return part === undefined ? [] : [[name, parseMoney(part)]];
  });
  const other = addMoney(net, ...[gross, ...parts.map(([, amount]) => amount)].map(negateMoney));
  return [...parts, ['other', other] satisfies Deduction].filter(([, { amount }]) => amount !== 0n);
}
