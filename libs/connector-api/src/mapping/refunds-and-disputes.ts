/**
 * Builds transactions that take back an earlier payment or payout, and transactions that restore it. Each transaction has its own id,
 * refers to the original in `relatedTransactionId`, and has the same type as the original. The original's row does not change. If its
 * status changed to REFUNDED, clients would subtract the amount twice. Source: docs/guides/mapping.md.
 */
import type { Transaction, TransactionStatus } from '../record.types.js';
import type { Movement } from './movement-kinds.js';
import { setAccountsByDirection, toCommonFields, toOtherMovement } from './movements.js';
import type { MovementFields } from './movements.js';
import { COMMON_METADATA_PREFIX } from './common-metadata.js';
import { translateOrDefault } from './translate-word.js';

const MOVEMENT_KEY = `${COMMON_METADATA_PREFIX}movement`;

/** The data of the original: the payment, payout or transfer to which a row belongs. */
export interface OriginalTransaction {
  /** The `Transaction.id` of the original, as the plugin returned it. */
  id: string;
  /** The type of the original. For PAYOUT and TRANSFER, `accountId` of the new row is the account that paid the original. */
  type: 'PAYIN' | 'PAYOUT' | 'TRANSFER';
}

/** Builds the row of a refund: money of a payment went back to the payer, in part or in full. */
export function toRefund(original: OriginalTransaction, fields: MovementFields): Transaction {
  return toReduction(original, fields, 'refund');
}

/**
 * Builds the row of a refund whose payment may be unknown. Clients count the status REFUNDED of a row without a payment as zero, so such a refund is a movement of its
 * own with the status SUCCEEDED.
 * @param paymentId the id of the payment, if the PSP tells it
 */
export function toRefundOf(paymentId: string | undefined, fields: MovementFields): Transaction {
  if (paymentId !== undefined) return toRefund({ id: paymentId, type: 'PAYIN' }, fields);
  return toOtherMovement(fields, 'refund');
}

/** Builds the row that gives back the money of a row of `toRefundOf`, because the refund did not reach the payer. */
export function reverseRefund(refund: Transaction, id: string): Transaction {
  const returned = reverseRow(refund, id);
  return refund.type === 'OTHER' ? { ...returned, status: 'SUCCEEDED' } : returned;
}

/** Builds the row of a failed refund: the refund did not reach the payer, so its money came back to the account. */
export function toRefundReversal(original: OriginalTransaction, fields: MovementFields): Transaction {
  return toRestoration(original, fields, 'refund_reversal');
}

/** Builds the row of a returned payout: the money came back, in part or in full. The own account is the destination. */
export function toPayoutReturn(original: OriginalTransaction, fields: MovementFields): Transaction {
  return toReduction(original, fields, 'payout_return');
}

/**
 * Builds the row of a dispute (chargeback): the PSP took the amount of the disputed payment from the account. If the dispute is lost, no
 * further row is needed.
 */
export function toDispute(original: OriginalTransaction, fields: MovementFields): Transaction {
  return toReduction(original, fields, 'dispute');
}

/** Builds the row of a won dispute: the PSP gave the amount back. */
export function toDisputeReversal(original: OriginalTransaction, fields: MovementFields): Transaction {
  return toRestoration(original, fields, 'dispute_reversal');
}

/** Builds the row of any other reversal of a payment, payout or transfer, e.g. after a booking error of the PSP. */
export function toReversal(original: OriginalTransaction, fields: MovementFields): Transaction {
  return toReduction(original, fields, 'adjustment');
}

/**
 * The kinds of movement whose reversal has a different kind, with the kind of the reversal. For all other kinds, the reversal has the same
 * kind as the original row.
 */
const REVERSING_MOVEMENTS: Readonly<Record<string, Movement>> = {
  payment: 'refund',
  payout: 'payout_return',
  transfer: 'adjustment',
  refund: 'refund_reversal',
  payout_return: 'refund_reversal',
  dispute: 'dispute_reversal',
};

/**
 * Builds the full reversal of a row: source and destination are swapped, and all other properties are the same. Use it for a PSP that marks
 * a transaction as reverted and has no separate object for the reversal. The original row stays unchanged, because its money had moved.
 * @param id the id of the reversal: `<row>.reverted`
 */
export function reverseRow(
  { sourceAccountId, destinationAccountId, orderKey: _, ...row }: Transaction,
  id: string,
): Transaction {
  const movement = row.metadata?.[MOVEMENT_KEY] ?? 'other';
  return {
    ...row,
    id,
    // Clients identify a row that refers to another row by the id of the other row.
    relatedTransactionId: row.relatedTransactionId ?? row.id,
    status: row.status === 'REFUNDED' ? 'REFUND_REVERSED' : 'REFUNDED',
    ...(destinationAccountId !== undefined && { sourceAccountId: destinationAccountId }),
    ...(sourceAccountId !== undefined && { destinationAccountId: sourceAccountId }),
    metadata: {
      ...row.metadata,
      [MOVEMENT_KEY]: translateOrDefault<string>(REVERSING_MOVEMENTS, movement, movement),
    },
  };
}

/** The status of the row for each stage of a dispute. These rows move no money. */
const DISPUTE_STATUSES = { opened: 'DISPUTE', won: 'DISPUTE_WON', lost: 'DISPUTE_LOST' } as const;
export type DisputeStage = keyof typeof DISPUTE_STATUSES;

/**
 * Builds a row that shows clients the stage of a dispute. The row moves no money, so its amount is 0. The rows of all stages have the same
 * id, because they are versions of one record. For the money, use `toDispute` and `toDisputeReversal`.
 */
export function toDisputeNotice(
  original: OriginalTransaction,
  stage: DisputeStage,
  fields: MovementFields,
): Transaction {
  const amount = { amount: 0n, asset: fields.amount.asset };
  return toLinkedRow(original, { ...fields, amount }, 'dispute', DISPUTE_STATUSES[stage], true);
}

function toReduction(original: OriginalTransaction, fields: MovementFields, movement: Movement): Transaction {
  return toLinkedRow(original, fields, movement, 'REFUNDED', true);
}

function toRestoration(
  original: OriginalTransaction,
  fields: MovementFields,
  movement: Movement,
): Transaction {
  return toLinkedRow(original, fields, movement, 'REFUND_REVERSED', false);
}

/**
 * Builds a row that is linked to its original.
 * @param isOpposite whether the money moves in the opposite direction of the original
 */
function toLinkedRow(
  { id: relatedTransactionId, type }: OriginalTransaction,
  fields: MovementFields,
  movement: Movement,
  status: TransactionStatus,
  isOpposite: boolean,
): Transaction {
  const wasOutgoing = type !== 'PAYIN';
  return {
    ...toCommonFields({ ...fields, status: fields.status ?? status }, movement),
    relatedTransactionId,
    type,
    ...setAccountsByDirection(fields, wasOutgoing !== isOpposite),
  };
}
