/** Builds a row from a journal entry, for a PSP whose journal contains a kind, a sign and the id of a payment for every entry. */
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

/** The rules by which the journal entries of one kind are converted to rows. */
interface LinkedMovement {
  /** Whether the account receives money. */
  isIncoming: boolean;
  /** The type of the payment or payout to which an entry belongs. */
  originalType: 'PAYIN' | 'PAYOUT';
  /** Whether an entry of this kind is the payment or payout itself. The entry's row then has the id of the payment or payout. */
  isOriginal?: boolean;
  /** Builds the entry's row with a link to the row of the payment or payout. */
  link?: (original: OriginalTransaction, fields: MovementFields) => Transaction;
}

/**
 * The rules for the kinds whose entries belong to another row. Here, `adjustment` means the reversal of a payment. The entries of all other
 * kinds belong to no other row.
 */
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
 * Builds the row of one entry of a journal. The row of a payment or payout gets the id of this payment or payout, so that refunds can be
 * linked to it. A second entry for the same payment adds to the first entry. If the sign of an entry contradicts its kind, the entry gets
 * the kind `other`: its money moved, but the reason is unknown. Pass the rows of a page to `linkRows`.
 * @param originalId the id of the payment or payout to which the entry refers
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

/** Builds the row of a second entry for the same payment. Its amount adds to the first entry. */
function toCapture({ id }: OriginalTransaction, fields: MovementFields): Transaction {
  return { ...toPayment(fields), relatedTransactionId: id, status: 'CAPTURE' };
}
