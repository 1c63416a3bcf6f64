/** Builds a row from the kind of its movement, for a PSP whose journal says a kind, a sign and the id of a payment for every entry. */
import type { Transaction } from '../record.types.js';
import type { UnlinkedRow } from './link-rows.js';
import type { Movement } from './movement-kinds.js';
import { toOtherMovement, toPayment } from './movements.js';
import type { MovementFields } from './movements.js';
import {
  toDispute,
  toDisputeReversal,
  toPayoutReturn,
  toRefund,
  toRefundReversal,
  toReversal,
} from './refunds-and-disputes.js';
import type { OriginalTransaction } from './refunds-and-disputes.js';

/** How the entries of a journal with one kind of movement become rows. */
interface LinkedMovement {
  /** Whether money comes in. */
  isIncoming: boolean;
  /** The type of the payment or payout to which an entry belongs. */
  originalType: 'PAYIN' | 'PAYOUT';
  /** Whether an entry is the payment or payout itself. It is then served under the id of that one. */
  isOriginal?: boolean;
  /** Builds the row that is linked to the row of the payment or payout. */
  link?: (original: OriginalTransaction, fields: MovementFields) => Transaction;
}

/** An `adjustment` is the reversal of a payment here. The entries of all other kinds are rows that belong to no other row. */
const LINKED_MOVEMENTS: Readonly<Partial<Record<Movement, LinkedMovement>>> = {
  payment: { isIncoming: true, originalType: 'PAYIN', isOriginal: true, link: toCapture },
  payout: { isIncoming: false, originalType: 'PAYOUT', isOriginal: true },
  payout_return: { isIncoming: true, originalType: 'PAYOUT', link: toPayoutReturn },
  refund: { isIncoming: false, originalType: 'PAYIN', link: toRefund },
  refund_reversal: { isIncoming: true, originalType: 'PAYIN', link: toRefundReversal },
  dispute: { isIncoming: false, originalType: 'PAYIN', link: toDispute },
  dispute_reversal: { isIncoming: true, originalType: 'PAYIN', link: toDisputeReversal },
  adjustment: { isIncoming: false, originalType: 'PAYIN', link: toReversal },
};

/**
 * Builds the row of one entry of a journal. The entry of a payment or payout is served under the id of that one, so that its refunds find it;
 * a second entry for the same payment adds to the first one. An entry whose sign contradicts its kind is of the kind `other`: its money moved, but
 * what it says is not known. Pass the rows of a page to `linkRows`.
 * @param originalId the id of the payment or payout that the entry names
 */
export function toUnlinkedRow(
  movement: Movement,
  fields: MovementFields,
  originalId: string | undefined,
): UnlinkedRow {
  const { amount } = fields.amount;
  const linked = LINKED_MOVEMENTS[movement];
  const isContradiction = linked !== undefined && amount !== 0n && linked.isIncoming !== amount > 0n;
  if (linked === undefined || isContradiction) {
    const details = { relatedId: originalId, ...fields.details };
    return { row: toOtherMovement({ ...fields, details }, isContradiction ? 'other' : movement) };
  }
  const { originalType: type, isOriginal = false, link } = linked;
  const row: Transaction = { ...toOtherMovement(fields, movement), type: isOriginal ? type : 'OTHER' };
  if (originalId === undefined) return { row };
  const original = { id: originalId, type };
  return { row, preferredId: isOriginal ? originalId : undefined, linked: link?.(original, fields) };
}

/** A second entry for one payment adds to the first one. */
function toCapture({ id }: OriginalTransaction, fields: MovementFields): Transaction {
  return { ...toPayment(fields), relatedTransactionId: id, status: 'CAPTURE' };
}
