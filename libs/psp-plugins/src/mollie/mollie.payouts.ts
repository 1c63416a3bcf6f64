/** Maps payouts of a balance to the organisation's own bank account: orders to requests, responses to results. No side effects. */
import {
  formatAsset,
  getCurrencyDecimals,
  formatAmount,
  isRejectedRecord,
  parseTime,
  PspError,
} from '@tributary/connector-api';
import type { Order, OrderResult, OrderStatus, Transaction } from '@tributary/connector-api';
import { parseRow } from '@tributary/connector-api/http';
import type { Json, JsonBody } from '@tributary/connector-api/http';
import { getBankAccountId } from './mollie.beneficiaries.js';
import { parseMoneyObject } from './mollie.mapper.js';
import { findNearest } from './mollie.nearest.js';
import type { MatchCandidate } from './mollie.nearest.js';
import { createDescription } from './mollie.description-key.js';
import { toOrderResult } from './mollie.result.js';

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
export function toPayoutRequest(order: Order, testmode: boolean): JsonBody {
  const { amount, sourceAccountId, destinationAccountId } = order;
  if (destinationAccountId !== getBankAccountId(sourceAccountId)) {
    const own = getBankAccountId(sourceAccountId);
    throw new PspError(
      'rejected',
      `Mollie pays out ${sourceAccountId} only to your own bank account: expected the destination ${own}`,
    );
  }
  const [currency = ''] = amount.asset.split('/');
  if (formatAsset(currency, getCurrencyDecimals(currency) ?? -1) !== amount.asset) {
    throw new PspError('rejected', `Mollie has no currency for the asset ${amount.asset}`);
  }
  return {
    balanceId: sourceAccountId,
    amount: { currency, value: formatAmount(amount) },
    description: createDescription(order, MAX_DESCRIPTION_LENGTH),
    ...(testmode ? { testmode } : {}),
  };
}

/** Returns whether the payout, and so every payout listed after it, was created before the order. */
export function isCreatedBefore(payout: Json, { createdAt }: Order): boolean {
  const made = parseTime(payout.time('createdAt'));
  const ordered = parseTime(createdAt);
  return (
    made !== undefined &&
    ordered !== undefined &&
    made.milliseconds < ordered.milliseconds - MAX_CLOCK_SKEW_MS
  );
}

export function toPayoutResult(payout: Json): OrderResult {
  return toOrderResult(payout, mapStatus(payout), {
    payout_status: 'status',
    initiated_at: 'initiatedAt',
    completed_at: 'completedAt',
  });
}

/** Maps the status of a payout. A status that is unknown to this plugin is not final. */
function mapStatus(payout: Json): OrderStatus {
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

/**
 * Returns the payout that a settlement in the journal belongs to. The journal does not name it. It is the payout of the same balance and amount
 * that was initiated at that time (Mollie makes at most one payout of a balance a day).
 */
export function findPayoutOfSettlement(settlement: Transaction, payouts: readonly Json[]): Json | undefined {
  return findNearest(
    settlement,
    payouts.flatMap(toCandidates),
    (after) => Math.abs(after) <= MAX_INITIATION_OFFSET_MS,
  );
}

/** Returns the payout that was returned: one that failed after it had left the balance. */
export function findReturnedPayout(back: Transaction, payouts: readonly Json[]): Json | undefined {
  const failed = payouts.filter((payout) => payout.optionalString('status') === 'failed');
  return findNearest(
    back,
    failed.flatMap(toCandidates),
    (after) => after >= 0 && after <= MAX_RETURN_DELAY_MS,
  );
}

/**
 * Returns a candidate for a payout that has left the balance. A payout that cannot be parsed gives no candidate, so that it does not stop the
 * journal.
 */
function toCandidates(payout: Json): MatchCandidate<Json>[] {
  const read = parseRow(payout, 'id', () => {
    const at = parseTime(payout.optionalTime('initiatedAt') ?? '')?.milliseconds;
    return at === undefined ? [] : [{ item: payout, amount: parseMoneyObject(payout.object('amount')), at }];
  });
  return isRejectedRecord(read) ? [] : read;
}

/** Returns the status of the journal row of a payout. */
export function toPayoutRowStatus(payout: Json): Transaction['status'] {
  const status = mapStatus(payout);
  return status === 'RETURNED' ? 'SUCCEEDED' : status;
}
