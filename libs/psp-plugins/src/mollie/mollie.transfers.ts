/**
 * Transfers from a business account, as drafts: a person approves each in Mollie's app, and no money moves before. Orders → requests, drafts → results.
 * Pure.
 */
import { formatAmount, isRefusal, parseTime, PspError } from '@tributary/connector-api';
import type { Order, OrderResult, OrderStatus, Transaction } from '@tributary/connector-api';
import { readRow } from '@tributary/connector-api/http';
import type { Json, JsonBody } from '@tributary/connector-api/http';
import { compactIban } from './mollie.beneficiaries.js';
import type { Payee } from './mollie.beneficiaries.js';
import { moneyOf } from './mollie.mapper.js';
import { nearest } from './mollie.nearest.js';
import type { Candidate } from './mollie.nearest.js';
import { beginning, describeOrder } from './mollie.order-key.js';
import { toResult } from './mollie.result.js';

const LONGEST_DESCRIPTION = 140;
const LONGEST_NAME = 70;
/** A SEPA transfer is executed at most two business days later. */
const EXECUTED_WITHIN = 5 * 24 * 3_600_000;
/** Mollie's clock in one answer may be behind that in another. */
const CLOCKS_APART = 10 * 60_000;

/** @param debtorIban of the business account that pays. @throws PspError `rejected` where Mollie could not mean the same as the order. */
export function toDraftRequest(
  order: Order,
  debtorIban: string,
  { name, iban }: Payee,
  testmode: boolean,
): JsonBody {
  const { asset } = order.amount;
  if (asset !== 'EUR/2') {
    throw new PspError('rejected', `a business account at Mollie transfers EUR/2 only, found ${asset}`);
  }
  return {
    debtorIban,
    creditor: { fullName: beginning(name, LONGEST_NAME), account: { iban } },
    amount: { currency: 'EUR', value: formatAmount(order.amount) },
    description: describeOrder(order, LONGEST_DESCRIPTION),
    ...(testmode ? { testmode } : {}),
  };
}

export function toDraftResult(draft: Json): OrderResult {
  return toResult(draft, statusOf(draft), {
    draft_transfer_status: 'status',
    scheduled_execution_date: 'scheduledExecutionDate',
    approved_at: 'approvedAt',
    declined_at: 'declinedAt',
    deleted_at: 'deletedAt',
  });
}

/** A draft knows nothing of its execution: that the money left is told by the journal. */
function statusOf(draft: Json): OrderStatus {
  switch (draft.text('status')) {
    case 'declined':
      return 'FAILED';
    case 'pending-review':
    case 'approved':
      return 'PENDING';
    default:
      // Mollie adds words to its lists: what nobody knows yet is not final.
      return 'PENDING';
  }
}

/** The approved draft that a movement is which has no description: of the same account, IBAN and amount, and due at that time. */
export function draftOf(
  movement: Transaction,
  accountIban: string,
  drafts: readonly Json[],
): Json | undefined {
  const fits = (draft: Json) =>
    draft.text('status') === 'approved' &&
    compactIban(draft.text('debtor', 'account', 'iban')) === accountIban &&
    compactIban(draft.text('creditor', 'account', 'iban')) === movement.destinationAccountId;
  const candidates = drafts.flatMap((draft) => {
    // A broken one must not stop the journal.
    const read = readRow(draft, 'id', () => (fits(draft) ? [toCandidate(draft)] : []));
    return isRefusal(read) ? [] : read;
  });
  return nearest(movement, candidates, (after) => after >= -CLOCKS_APART && after <= EXECUTED_WITHIN);
}

/** Due when it was approved, or on the day for which it is scheduled, in Amsterdam at the earliest. */
function toCandidate(draft: Json): Candidate<Json> {
  const day = draft.optionalText('scheduledExecutionDate');
  const times = [draft.time('approvedAt'), ...(day === undefined ? [] : [`${day}T00:00:00+02:00`])];
  const at = Math.max(...times.map((time) => parseTime(time)?.milliseconds ?? NaN));
  return { of: draft, amount: moneyOf(draft.record('amount')), at };
}
