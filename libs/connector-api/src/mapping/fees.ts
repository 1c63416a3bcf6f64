/** Rows of fees. A fee is always a row of its own, because the amount of a payment is gross. */
import type { Transaction } from '../record.types.js';
import { createRow, placeAccounts } from './movements.js';
import type { MovementFields } from './movements.js';

/** A fee. `amount` is positive for a fee that was charged, and negative for one that was given back. */
export type FeeFields = MovementFields;

/**
 * Builds the row of a fee.
 * @param of the id of the row that caused the fee. Clients identify a row by `relatedTransactionId` and type, so two fees of one payment
 * would become one payment: give only the first one to `toFee`, or all of them to `toFees`
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
    ...createRow({ ...fields, details: { relatedId: of, ...fields.details } }, 'fee'),
    type: 'OTHER',
    ...placeAccounts(fields, fields.amount.amount > 0n),
  };
}
