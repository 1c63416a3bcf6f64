/** Compares the amount of an object with the sum of its parts, e.g. a payout with its entries. */
import { InvalidRecordError } from '../errors.js';
import type { ChildrenCheck } from '../listing/list-with-children.js';
import { formatAmount } from '../money.js';
import type { Money } from '../money.js';
import { addMoney } from './money-from-minor-units.js';

/** The amounts of an object and of its parts. */
export interface PartAmounts {
  /** The PSP's id of the object. */
  id: string;
  /** The amount of the object. */
  amount: Money;
  /** Amounts that the PSP deducts. The document does not say whether they are part of the sum, so both sums are right. */
  fees: readonly Money[];
  parts: readonly Money[];
}

/**
 * Returns a warning if the parts do not add up to the object, or are in another asset. If they add up, an earlier warning is resolved.
 * @param names the names of the object and of its parts, for the message and for the id of the warning: `payout`, `entries`
 * @param readAmounts reads the amounts. If it throws InvalidRecordError, there is no result, because the row with this amount is rejected
 */
export function compareParts(
  names: { object: string; parts: string },
  readAmounts: () => PartAmounts,
): ChildrenCheck {
  try {
    const { id, amount, fees, parts } = readAmounts();
    const warningId = `${names.object}-${names.parts}-${id}`;
    const other = [...parts, ...fees].find(({ asset }) => asset !== amount.asset);
    if (other !== undefined) {
      const message = `the ${names.object} ${id} is in ${amount.asset}, and one of its ${names.parts} or fees in ${other.asset}`;
      return { warnings: [{ id: warningId, message }], resolvedIds: [] };
    }
    const sum = addMoney({ ...amount, amount: 0n }, ...parts);
    if ([amount, addMoney(amount, ...fees)].some((money) => money.amount === sum.amount))
      return { warnings: [], resolvedIds: [warningId] };
    const message = `the ${names.object} ${id} is ${formatAmount(amount)}, and its ${names.parts} add up to ${formatAmount(sum)}`;
    return { warnings: [{ id: warningId, message }], resolvedIds: [] };
  } catch (error) {
    if (!(error instanceof InvalidRecordError)) throw error;
    return { warnings: [], resolvedIds: [] };
  }
}
