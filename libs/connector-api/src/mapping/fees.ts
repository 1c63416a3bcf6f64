/** Builds rows of fees. A fee is always a separate row, because the amount of a payment is gross. */
import type { Transaction } from '../record.types.js';
import { toCommonFields, setAccountsByDirection } from './movements.js';
import type { MovementFields } from './movements.js';

/** A fee. `amount` is positive for a fee that was charged, and negative for a fee that was given back. */
export type FeeFields = MovementFields;

/**
 * Builds the row of a fee.
 * @param of the id of the row that caused the fee. Only one fee of a payment may have this parameter, because clients would merge two rows
 * with the same `relatedTransactionId` and type. For several fees use `toFees`
 */
export function toFee(fields: FeeFields, of?: string): Transaction {
  return { ...toUntiedFee(fields, of), ...(of !== undefined && { relatedTransactionId: of }) };
}

/**
 * Builds the rows of all fees of one payment. The first fee is linked to the payment. The others refer to the payment only in
 * `com.tributary.spec/related_id`.
 */
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
