/** Builds rows of fees. A fee always has its own row, because the amount of a payment is gross. */
import type { Transaction } from '../record.types.js';
import { toCommonFields, setAccountsByDirection } from './movements.js';
import type { MovementFields } from './movements.js';

/** The fields of a fee. `amount` is positive for a fee that was charged, and negative for a fee that was given back. */
export type FeeFields = MovementFields;

/**
 * Builds the row of a fee.
 * @param of the id of the row that caused the fee. Set it for only one fee of a payment, because clients would merge two rows with the same
 * `relatedTransactionId` and type. For several fees use `toFees`
 */
export function toFee(fields: FeeFields, of?: string): Transaction {
  return { ...toUntiedFee(fields, of), ...(of !== undefined && { relatedTransactionId: of }) };
}

/**
 * Builds the rows of all fees of one payment. The first fee is linked to the payment. The other fees name the payment only in the metadata
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
