/** Maps payouts of a balance to the organisation's own bank account: orders to requests, responses to results. No side effects. */
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
/** Milliseconds. The money leaves the balance at `initiatedAt`, which the journal shows as a row of its own. */
const INITIATED_WITHIN = 12 * 3_600_000;
const RETURNED_WITHIN = 30 * 24 * 3_600_000;
/** Mollie's clock can be behind the gateway's clock. */
const CLOCKS_APART = 10 * 60_000;

/**
 * Creates the request of a payout.
 * @throws PspError `rejected` when Mollie cannot execute the order exactly as it is
 */
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

/** Returns whether the payout, and so every payout listed after it, was created before the order. */
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

/** Maps the status of a payout. A status that is unknown to this plugin is not final. */
function statusOf(payout: Json): OrderStatus {
  switch (payout.text('status')) {
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

/**
 * Returns the payout that a settlement in the journal belongs to. The journal does not name it. It is the payout of the same balance and amount
 * that was initiated at that time (Mollie makes at most one payout of a balance a day).
 */
export function payoutOf(settlement: Transaction, payouts: readonly Json[]): Json | undefined {
  return nearest(settlement, payouts.flatMap(initiated), (after) => Math.abs(after) <= INITIATED_WITHIN);
}

/** Returns the payout that was returned: one that failed after it had left the balance. */
export function returnedPayoutOf(back: Transaction, payouts: readonly Json[]): Json | undefined {
  const failed = payouts.filter((payout) => payout.optionalText('status') === 'failed');
  return nearest(back, failed.flatMap(initiated), (after) => after >= 0 && after <= RETURNED_WITHIN);
}

/**
 * Returns a candidate for a payout that has left the balance. A payout that cannot be parsed gives no candidate, so that it does not stop the
 * journal.
 */
function initiated(payout: Json): Candidate<Json>[] {
  const read = readRow(payout, 'id', () => {
    const at = parseTime(payout.optionalTime('initiatedAt') ?? '')?.milliseconds;
    return at === undefined ? [] : [{ of: payout, amount: moneyOf(payout.record('amount')), at }];
  });
  return isRefusal(read) ? [] : read;
}

/** Returns the status of the journal row of a payout. */
export function statusOfRow(payout: Json): Transaction['status'] {
  const status = statusOf(payout);
  return status === 'RETURNED' ? 'SUCCEEDED' : status;
}
