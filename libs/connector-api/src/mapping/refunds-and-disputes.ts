/**
 * Builds transactions that take back an earlier payment or payout, and transactions that restore it. Each transaction has its own id,
 * refers to the original in `relatedTransactionId`, and repeats the original's type. The original's row does not change: if its status
 * changed to REFUNDED, clients would subtract the amount twice. Source: docs/guides/mapping.md.
 */
import type { Transaction, TransactionStatus } from '../record.types.js';
import type { Movement } from './movement-kinds.js';
import { toCommonFields, setAccountsByDirection } from './movements.js';
import type { MovementFields } from './movements.js';
import { COMMON_METADATA_PREFIX } from './common-metadata.js';
import { translateOrDefault } from './translate-word.js';

const MOVEMENT_KEY = `${COMMON_METADATA_PREFIX}movement`;

/** The data of the payment, payout or transfer to which a row belongs. */
export interface OriginalTransaction {
  /** The `Transaction.id` under which the plugin returned it. */
  id: string;
  /** Type of the original. For PAYOUT and TRANSFER, `accountId` of the new row is the account that had paid. */
  type: 'PAYIN' | 'PAYOUT' | 'TRANSFER';
}

/** Builds the row of a refund: money of a payment went back to the payer, in part or in full. */
export function toRefund(original: OriginalTransaction, fields: MovementFields): Transaction {
  return toReduction(original, fields, 'refund');
}

/** Builds the row of a failed refund: the refund did not reach the payer, so its money came back. */
export function toRefundReversal(original: OriginalTransaction, fields: MovementFields): Transaction {
  return toRestoration(original, fields, 'refund_reversal');
}

/** Builds the row of a returned payout: the money came back, in part or in full. The own account is the destination. */
export function toPayoutReturn(original: OriginalTransaction, fields: MovementFields): Transaction {
  return toReduction(original, fields, 'payout_return');
}

/**
 * Builds the row of a dispute (chargeback): the PSP took the amount of the disputed payment from the account. A lost dispute needs no
 * further row.
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
 * For some kinds of movements, the kind of the reversing row. For all other kinds, the reversing row has the same kind as the original row.
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
 * a transaction as reverted and has no object for the reversal. The row itself does not change, because its money had moved.
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
 * Builds a row that shows clients the stage of a dispute. The row moves no money, so its amount is 0. All stages of one dispute have the
 * same id, because they are versions of one row. Use `toDispute` and `toDisputeReversal` for the money.
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
