/** Rows of fees. A fee is always a row of its own, because the amount of a payment is gross. */
import type { Transaction } from '../record.types.js';
import { toCommonFields, setAccountsByDirection } from './movements.js';
import type { MovementFields } from './movements.js';

/** A fee. `amount` is positive for a fee that was charged, and negative for one that was given back. */
export type FeeFields = MovementFields;

/**
 * Builds the row of a fee.
 * @param of the id of the row that caused the fee. Only one fee of a payment may have it, because clients would merge two rows with
 * the same `relatedTransactionId` and type. For several fees use `toFees`
 */
export function toFee(fields: FeeFields, of?: string): Transaction {
  return { ...toUntiedFee(fields, of), ...(of !== undefined && { relatedTransactionId: of }) };
}

/** Builds the rows of all fees of one payment. The first is tied to it. The others name it in `com.tributary.spec/related_id` only. */
export function toFees(fees: readonly FeeFields[], of: string): Transaction[] {
  return fees.map((fee, index) => (index === 0 ? toFee(fee, of) : toUntiedFee(fee, of)));
}

function toUntiedFee(fields: FeeFields, of: string | undefined): Transaction {
  return {
    ...toCommonFields({ ...fields, details: { relatedId: of, ...fields.details } }, 'fee'),
    type: 'OTHER',
    ...setAccountsByDirection(fields, fields.amount.amount > 0n),
  };
}
