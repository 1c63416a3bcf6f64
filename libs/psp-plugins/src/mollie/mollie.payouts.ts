/** Payouts of a balance to the organisation's own bank account: orders → requests, answers → results. Pure. */
import { currencyDigits, assetWithDigits, formatAmount, parseTime, PspError } from '@tributary/connector-api';
import type { Order, OrderResult, OrderStatus, Transaction } from '@tributary/connector-api';
import type { Json, JsonBody } from '@tributary/connector-api/http';
import { bankAccountOf, moneyOf } from './mollie.mapper.js';

const LONGEST_DESCRIPTION = 255;
/** At the end of a description. */
const ORDER_KEY = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
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
    description: descriptionOf(order),
    ...(testmode ? { testmode } : {}),
  };
}

/** With the key: the list of payouts has nothing else by which an order can be found again. */
function descriptionOf({ description, key }: Order): string {
  if (description === undefined) return key;
  return `${description.slice(0, LONGEST_DESCRIPTION - key.length - 1)} ${key}`;
}

/** Of a payout that was ordered here; those that Mollie makes by itself have none. */
export function orderKeyOf(payout: Json): string | undefined {
  return ORDER_KEY.exec(payout.optionalText('description') ?? '')?.[0];
}

/** Whether it, and so all that are listed after it, was made before the order. */
export function isBefore(payout: Json, { createdAt }: Order): boolean {
  const made = parseTime(payout.time('createdAt'));
  const ordered = parseTime(createdAt);
  return (
    made !== undefined && ordered !== undefined && made.milliseconds < ordered.milliseconds - CLOCKS_APART
  );
}

export function toOrderResult(payout: Json): OrderResult {
  const status = statusOf(payout);
  const code = payout.optionalText('statusReason', 'code');
  const message = payout.optionalText('statusReason', 'message');
  const isOver = status === 'FAILED' || status === 'RETURNED';
  return {
    id: payout.text('id'),
    status,
    ...(isOver && code !== undefined
      ? { reason: { code, ...(message === undefined ? {} : { message }) } }
      : {}),
    metadata: {
      'com.mollie.spec/payout_status': payout.optionalText('status'),
      'com.mollie.spec/initiated_at': payout.optionalText('initiatedAt'),
      'com.mollie.spec/completed_at': payout.optionalText('completedAt'),
    },
  };
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
  return nearest(settlement, payouts, (after) => Math.abs(after) <= INITIATED_WITHIN);
}

/** The payout that came back: one that failed after it had left. */
export function returnedPayoutOf(back: Transaction, payouts: readonly Json[]): Json | undefined {
  const failed = payouts.filter((payout) => payout.text('status') === 'failed');
  return nearest(back, failed, (after) => after >= 0 && after <= RETURNED_WITHIN);
}

/** @param isNear takes milliseconds from `initiatedAt` to the row */
function nearest(
  row: Transaction,
  payouts: readonly Json[],
  isNear: (after: number) => boolean,
): Json | undefined {
  const at = parseTime(row.createdAt)?.milliseconds ?? NaN;
  const near = payouts.flatMap((payout) => {
    const initiatedAt = payout.optionalTime('initiatedAt');
    if (initiatedAt === undefined || !payout.has('amount')) return [];
    const { amount, asset } = moneyOf(payout.record('amount'));
    const after = at - (parseTime(initiatedAt)?.milliseconds ?? NaN);
    const fits = amount === row.amount.amount && asset === row.amount.asset && isNear(after);
    return fits ? [{ payout, apart: Math.abs(after) }] : [];
  });
  return near.sort((a, b) => a.apart - b.apart)[0]?.payout;
}

/** Status of the row in the journal that a payout is. */
export function statusOfRow(payout: Json): Transaction['status'] {
  const status = statusOf(payout);
  return status === 'RETURNED' ? 'SUCCEEDED' : status;
}
