/**
 * Maps transfers from a business account, which are created as drafts: orders to requests, drafts to results. A person approves each draft in
 * Mollie's app, and no money moves before. No side effects.
 */
import { formatAmount, PspError } from '@tributary/connector-api';
import type { Order, OrderResult, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { findNearest, toMilliseconds, toOrderResult } from './mollie.payouts.js';
import { createDescription, normalizeIban, truncate } from './mollie.types.js';
import type { Payee } from './mollie.types.js';

const MAX_DESCRIPTION_LENGTH = 140;
const MAX_NAME_LENGTH = 70;
/** A SEPA transfer is executed at most two business days later. */
const MAX_EXECUTION_DELAY_MS = 5 * 24 * 3_600_000;
/** Mollie's clock in one response can be behind its clock in another response. */
const MAX_CLOCK_SKEW_MS = 10 * 60_000;

/**
 * Creates the request of a draft transfer.
 * @param debtorIban IBAN of the business account that pays
 * @throws PspError `rejected` when Mollie cannot execute the order exactly as it is
 */
export function toDraftRequest(order: Order, debtorIban: string, { name, iban }: Payee) {
  const { asset } = order.amount;
  if (asset !== 'EUR/2')
    throw new PspError('rejected', `a business account at Mollie transfers EUR/2 only, found ${asset}`);
  return {
    debtorIban,
    creditor: { fullName: truncate(name, MAX_NAME_LENGTH), account: { iban } },
    amount: { currency: 'EUR', value: formatAmount(order.amount) },
    description: createDescription(order, MAX_DESCRIPTION_LENGTH),
  };
}

/**
 * Maps the status of a draft. A draft does not show its execution: only the journal shows that the money left. So all statuses but `declined`
 * are not final, and neither is one that Mollie adds.
 */
export function toDraftResult(draft: Json): OrderResult {
  return toOrderResult(draft, draft.string('status') === 'declined' ? 'FAILED' : 'PENDING', {
    draft_transfer_status: ['status'],
    scheduled_execution_date: ['scheduledExecutionDate'],
    approved_at: ['approvedAt'],
    declined_at: ['declinedAt'],
    deleted_at: ['deletedAt'],
  });
}

/** Returns the approved draft of a transaction without a description: same account, IBAN and amount, and due at that time. */
export function findDraftOfMovement(
  movement: Transaction,
  accountIban: string,
  drafts: readonly Json[],
): Json | undefined {
  const getDueTime = (draft: Json) => {
    const isOfMovement =
      draft.string('status') === 'approved' &&
      normalizeIban(draft.string('debtor', 'account', 'iban')) === accountIban &&
      normalizeIban(draft.string('creditor', 'account', 'iban')) === movement.destinationAccountId;
    return isOfMovement ? getExecutionTime(draft) : NaN;
  };
  return findNearest(movement, drafts, getDueTime, {
    minMs: -MAX_CLOCK_SKEW_MS,
    maxMs: MAX_EXECUTION_DELAY_MS,
  });
}

/** Returns the time of the approval, or the scheduled day if that is later. The day begins in Amsterdam, at UTC+02:00 at the earliest. */
function getExecutionTime(draft: Json): number {
  const day = draft.optionalString('scheduledExecutionDate');
  const approvedAt = toMilliseconds(draft.time('approvedAt'));
  return day === undefined ? approvedAt : Math.max(approvedAt, toMilliseconds(`${day}T00:00:00+02:00`));
}
