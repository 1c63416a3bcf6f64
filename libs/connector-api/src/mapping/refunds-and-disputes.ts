/**
 * Transactions that take an earlier payment or payout back, and transactions that restore it. Each has its own id, names the original in
 * `relatedTransactionId` and repeats the original's type. The original's row stays as it is: if its status changed to REFUNDED, clients
 * would subtract the amount twice. Source: docs/guides/mapping.md.
 */
import type { Transaction, TransactionStatus } from '../record.types.js';
import type { Movement } from './movement-kinds.js';
import { toCommonFields, setAccountsByDirection } from './movements.js';
import type { MovementFields } from './movements.js';
import { COMMON_METADATA_PREFIX } from './common-metadata.js';
import { translateOrDefault } from './translate-word.js';

const MOVEMENT_KEY = `${COMMON_METADATA_PREFIX}movement`;

/** What must be known of the payment, payout or transfer to which a row belongs. */
export interface OriginalTransaction {
  /** The `Transaction.id` under which the plugin returned it. */
  id: string;
  /** Its type. For PAYOUT and TRANSFER, `accountId` of the new row is the account that had paid. */
  type: 'PAYIN' | 'PAYOUT' | 'TRANSFER';
}

/** Money of a payment went back to the payer, in part or in full. */
export function toRefund(original: OriginalTransaction, fields: MovementFields): Transaction {
  return toReduction(original, fields, 'refund');
}

/** A refund did not reach the payer, so its money came back. */
export function toRefundReversal(original: OriginalTransaction, fields: MovementFields): Transaction {
  return toRestoration(original, fields, 'refund_reversal');
}

/** A payout came back, in part or in full. The own account is the destination. */
export function toPayoutReturn(original: OriginalTransaction, fields: MovementFields): Transaction {
  return toReduction(original, fields, 'payout_return');
}

/** The PSP took the amount of a disputed payment (a chargeback) from the account. A lost dispute needs no further row. */
export function toDispute(original: OriginalTransaction, fields: MovementFields): Transaction {
  return toReduction(original, fields, 'dispute');
}

/** A dispute was won, and the PSP gave the amount back. */
export function toDisputeReversal(original: OriginalTransaction, fields: MovementFields): Transaction {
  return toRestoration(original, fields, 'dispute_reversal');
}

/** A payment, payout or transfer was reversed for a reason that has no word of its own, e.g. a booking error of the PSP. */
export function toReversal(original: OriginalTransaction, fields: MovementFields): Transaction {
  return toReduction(original, fields, 'adjustment');
}

/** Kinds of movements, and the kind of the row that reverses each of them. The reversal of any other kind has the same kind as the row. */
const REVERSING_MOVEMENTS: Readonly<Record<string, Movement>> = {
  payment: 'refund',
  payout: 'payout_return',
  transfer: 'adjustment',
  refund: 'refund_reversal',
  payout_return: 'refund_reversal',
  dispute: 'dispute_reversal',
};

/**
 * Reverses a row that the plugin returned, in full: the accounts change places, and everything else stays. Use it for a PSP that marks a
 * transaction as reverted and has no object for the reversal. The row itself stays as it is, because its money had moved.
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
    // Clients identify a row that refers to another row by the id of that other row.
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

/** The stages of a dispute that move no money. */
const DISPUTE_STATUSES = { opened: 'DISPUTE', won: 'DISPUTE_WON', lost: 'DISPUTE_LOST' } as const;
export type DisputeStage = keyof typeof DISPUTE_STATUSES;

/**
 * Tells clients the stage of a dispute. The row moves no money, so its amount is 0. All stages of one dispute have the same id: they are
 * versions of one row. Use `toDispute` and `toDisputeReversal` for the money.
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

/** @param isOpposite whether the money moves against the direction of the original */
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
