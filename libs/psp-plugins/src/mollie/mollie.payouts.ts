/** Payouts of a balance to the organisation's own bank account: orders → requests, answers → results. Pure. */
import {
  assetWithDigits,
  currencyDigits,
  formatAmount,
  isRefusal,
  parseTime,
  PspError,
} from '@tributary/connector-api';
import type { Order, OrderResult, OrderStatus, Transaction } from '@tributary/connector-api';
import { readRow } from '@tributary/connector-api/http';
import type { Json, JsonBody } from '@tributary/connector-api/http';
import { bankAccountOf } from './mollie.beneficiaries.js';
import { moneyOf } from './mollie.mapper.js';
import { nearest } from './mollie.nearest.js';
import type { Candidate } from './mollie.nearest.js';
import { describeOrder } from './mollie.order-key.js';
import { toResult } from './mollie.result.js';

const LONGEST_DESCRIPTION = 255;
/** The money leaves the balance at `initiatedAt`, which the journal tells in a row of its own. */
const INITIATED_WITHIN = 12 * 3_600_000;
const RETURNED_WITHIN = 30 * 24 * 3_600_000;
/** Mollie's clock may be behind ours. */
const CLOCKS_APART = 10 * 60_000;

/** @throws PspError `rejected` where Mollie could not mean the same as the order. */
export function toPayoutRequest(order: Order, testmode: boolean): JsonBody {
  const { amount, sourceAccountId, destinationAccountId } = order;
  if (destinationAccountId !== bankAccountOf(sourceAccountId)) {
    const own = bankAccountOf(sourceAccountId);
    throw new PspError(
      'rejected',
      `Mollie pays out ${sourceAccountId} only to your own bank account: expected the destination ${own}`,
    );
  }
  const [currency = ''] = amount.asset.split('/');
  if (assetWithDigits(currency, currencyDigits(currency) ?? -1) !== amount.asset) {
    throw new PspError('rejected', `Mollie has no currency for the asset ${amount.asset}`);
  }
  return {
    balanceId: sourceAccountId,
    amount: { currency, value: formatAmount(amount) },
    description: describeOrder(order, LONGEST_DESCRIPTION),
    ...(testmode ? { testmode } : {}),
  };
}

/** Whether it, and so all that are listed after it, was made before the order. */
export function isBefore(payout: Json, { createdAt }: Order): boolean {
  const made = parseTime(payout.time('createdAt'));
  const ordered = parseTime(createdAt);
  return (
    made !== undefined && ordered !== undefined && made.milliseconds < ordered.milliseconds - CLOCKS_APART
  );
}

export function toPayoutResult(payout: Json): OrderResult {
  return toResult(payout, statusOf(payout), {
    payout_status: 'status',
    initiated_at: 'initiatedAt',
    completed_at: 'completedAt',
  });
}

/** What nobody knows yet is not final. */
function statusOf(payout: Json): OrderStatus {
  switch (payout.text('status')) {
    case 'completed':
      return 'SUCCEEDED';
    case 'failed':
      // "The payout has been returned by the bank": after it had been sent.
      return payout.has('completedAt') ? 'RETURNED' : 'FAILED';
    case 'canceled':
      return 'FAILED';
    default:
      return 'PENDING';
  }
}

/**
 * The payout that a settlement in the journal is. The journal does not name it: it is the one of the same balance and amount that was
 * initiated at that time (Mollie makes at most one payout of a balance a day).
 */
export function payoutOf(settlement: Transaction, payouts: readonly Json[]): Json | undefined {
  return nearest(settlement, payouts.flatMap(initiated), (after) => Math.abs(after) <= INITIATED_WITHIN);
}

/** The payout that came back: one that failed after it had left. */
export function returnedPayoutOf(back: Transaction, payouts: readonly Json[]): Json | undefined {
  const failed = payouts.filter((payout) => payout.optionalText('status') === 'failed');
  return nearest(back, failed.flatMap(initiated), (after) => after >= 0 && after <= RETURNED_WITHIN);
}

/** One that has left, and can be read: a broken one must not stop the journal. */
function initiated(payout: Json): Candidate<Json>[] {
  const read = readRow(payout, 'id', () => {
    const at = parseTime(payout.optionalTime('initiatedAt') ?? '')?.milliseconds;
    return at === undefined ? [] : [{ of: payout, amount: moneyOf(payout.record('amount')), at }];
  });
  return isRefusal(read) ? [] : read;
}

/** Status of the row in the journal that a payout is. */
export function statusOfRow(payout: Json): Transaction['status'] {
  const status = statusOf(payout);
  return status === 'RETURNED' ? 'SUCCEEDED' : status;
}
