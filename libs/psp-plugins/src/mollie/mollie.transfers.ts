/**
 * Maps transfers from a business account, which are created as drafts: orders to requests, drafts to results. A person approves each draft in
 * Mollie's app, and no money moves before. No side effects.
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
/** Mollie's clock in one response can be behind its clock in another response. */
const CLOCKS_APART = 10 * 60_000;

/**
 * Creates the request of a draft transfer.
 * @param debtorIban IBAN of the business account that pays
 * @throws PspError `rejected` when Mollie cannot execute the order exactly as it is
 */
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

/** Maps the status of a draft. A draft does not show its execution: only the journal shows that the money left. */
function statusOf(draft: Json): OrderStatus {
  switch (draft.text('status')) {
    case 'declined':
      return 'FAILED';
    case 'pending-review':
    case 'approved':
      return 'PENDING';
    default:
      // Mollie adds statuses over time. A status that is unknown to this plugin is not final.
      return 'PENDING';
  }
}

/** Returns the approved draft of a transaction without a description: same account, IBAN and amount, and due at that time. */
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
    // A draft that cannot be parsed must not stop the journal.
    const read = readRow(draft, 'id', () => (fits(draft) ? [toCandidate(draft)] : []));
    return isRefusal(read) ? [] : read;
  });
  return nearest(movement, candidates, (after) => after >= -CLOCKS_APART && after <= EXECUTED_WITHIN);
}

/**
 * Creates a candidate whose time is the approval, or the scheduled day if that is later. The day begins in Amsterdam, at UTC+02:00 at the
 * earliest.
 */
function toCandidate(draft: Json): Candidate<Json> {
  const day = draft.optionalText('scheduledExecutionDate');
  const times = [draft.time('approvedAt'), ...(day === undefined ? [] : [`${day}T00:00:00+02:00`])];
  const at = Math.max(...times.map((time) => parseTime(time)?.milliseconds ?? NaN));
  return { of: draft, amount: moneyOf(draft.record('amount')), at };
}
