/**
 * Maps payouts of a balance to the organisation's own bank account: orders to requests, responses to results, and rows of the journal to the
 * payouts that they execute. No side effects.
 */
import {
  formatAmount,
  parseRows,
  parseTime,
  pickMetadata,
  PspError,
  readText,
  requireOrderCurrency,
  takeValidRecords,
} from '@tributary/connector-api';
import type { Order, OrderResult, OrderStatus, Transaction } from '@tributary/connector-api';
import type { Json, JsonPath } from '@tributary/connector-api/http';
import { parseMoneyObject } from './mollie.mapper.js';
import { createDescription, getBankAccountId } from './mollie.types.js';

const MAX_DESCRIPTION_LENGTH = 255;
/** Milliseconds. The money leaves the balance at `initiatedAt`, which the journal shows as a row of its own. */
const MAX_INITIATION_OFFSET_MS = 12 * 3_600_000;
const MAX_RETURN_DELAY_MS = 30 * 24 * 3_600_000;
/** Mollie's clock can be behind the gateway's clock. */
const MAX_CLOCK_SKEW_MS = 10 * 60_000;

/**
 * Creates the request of a payout.
 * @throws PspError `rejected` when Mollie cannot execute the order exactly as it is
 */
export function toPayoutRequest(order: Order) {
  const { sourceAccountId: balanceId, destinationAccountId } = order;
  const own = getBankAccountId(balanceId);
  if (destinationAccountId !== own) {
    throw new PspError(
      'rejected',
      `Mollie pays out ${balanceId} only to your own bank account: expected the destination ${own}`,
    );
  }
  return {
    balanceId,
    amount: { currency: requireOrderCurrency(order, 'Mollie'), value: formatAmount(order.amount) },
    description: createDescription(order, MAX_DESCRIPTION_LENGTH),
  };
}

/** Returns whether the payout, and so every payout listed after it, was created before the order. */
export function isCreatedBefore(payout: Json, { createdAt }: Order): boolean {
  const orderedAt = parseTime(createdAt)?.milliseconds ?? NaN;
  return toMilliseconds(payout.time('createdAt')) < orderedAt - MAX_CLOCK_SKEW_MS;
}

export function toPayoutResult(payout: Json): OrderResult {
  return toOrderResult(payout, mapPayoutStatus(payout), {
    payout_status: ['status'],
    initiated_at: ['initiatedAt'],
    completed_at: ['completedAt'],
  });
}

/** Maps the status of a payout. A status that is unknown to this plugin is not final. */
function mapPayoutStatus(payout: Json): OrderStatus {
  switch (payout.string('status')) {
    case 'completed':
      return 'SUCCEEDED';
    case 'failed':
      // "The payout has been returned by the bank": it failed after it had been sent.
      return payout.has('completedAt') ? 'RETURNED' : 'FAILED';
    case 'canceled':
      return 'FAILED';
    default:
      return 'PENDING';
  }
}

/** Returns the status of the journal row of a payout. */
export function toPayoutRowStatus(payout: Json): Transaction['status'] {
  const status = mapPayoutStatus(payout);
  return status === 'RETURNED' ? 'SUCCEEDED' : status;
}

/**
 * Returns the payout that a settlement in the journal belongs to. The journal does not name it. It is the payout of the same balance and amount
 * that was initiated at that time (Mollie makes at most one payout of a balance a day).
 */
export function findPayoutOfSettlement(settlement: Transaction, payouts: readonly Json[]): Json | undefined {
  const range = { minMs: -MAX_INITIATION_OFFSET_MS, maxMs: MAX_INITIATION_OFFSET_MS };
  return findNearest(settlement, payouts, getInitiationTime, range);
}

/** Returns the payout that was returned: one that failed after it had left the balance. */
export function findReturnedPayout(back: Transaction, payouts: readonly Json[]): Json | undefined {
  const failed = payouts.filter((payout) => readText(payout, 'status') === 'failed');
  return findNearest(back, failed, getInitiationTime, { minMs: 0, maxMs: MAX_RETURN_DELAY_MS });
}

function getInitiationTime(payout: Json): number {
  return toMilliseconds(payout.optionalTime('initiatedAt'));
}

/**
 * Creates the result of a payout or a draft transfer. Both have the same form for the reason of their status.
 * @param metadata properties to copy into the metadata: name in the metadata → path in the response
 */
export function toOrderResult(
  created: Json,
  status: OrderStatus,
  metadata: Readonly<Record<string, JsonPath>>,
): OrderResult {
  const message = readText(created, 'statusReason', 'message');
  const code = readText(created, 'statusReason', 'code') ?? created.string('status');
  const isOver = status === 'FAILED' || status === 'RETURNED';
  return {
    id: created.string('id'),
    status,
    ...(isOver && { reason: { code, ...(message !== undefined && { message }) } }),
    metadata: pickMetadata('mollie', created, metadata),
  };
}

/**
 * Returns the payout or draft transfer with the amount of a row that is nearest to it in time, because the journals do not name what they
 * execute. One that cannot be parsed is left out, so that it does not stop the journal.
 * @param getTime milliseconds since 1970, or NaN
 * @param range the accepted time differences: row minus candidate
 */
export function findNearest(
  { createdAt, amount: { amount, asset } }: Transaction,
  candidates: readonly Json[],
  getTime: (candidate: Json) => number,
  { minMs, maxMs }: { minMs: number; maxMs: number },
): Json | undefined {
  const at = toMilliseconds(createdAt);
  const near = parseRows(candidates, 'id', (candidate) => {
    const afterMs = at - getTime(candidate);
    const paid = parseMoneyObject(candidate.object('amount'));
    const isNear = afterMs >= minMs && afterMs <= maxMs;
    return isNear && paid.amount === amount && paid.asset === asset ? { candidate, afterMs } : [];
  });
  return takeValidRecords(near).sort((a, b) => Math.abs(a.afterMs) - Math.abs(b.afterMs))[0]?.candidate;
}

/** Returns milliseconds since 1970, or NaN. */
export function toMilliseconds(time: string | undefined): number {
  return parseTime(time ?? '')?.milliseconds ?? NaN;
}
