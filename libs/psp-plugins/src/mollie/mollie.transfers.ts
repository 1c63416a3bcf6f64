/**
 * Maps transfers from a business account, which are created as drafts: orders to requests, drafts to results. A person approves each draft in
 * Mollie's app, and no money moves before. No side effects.
 */
import { formatAmount, isRejectedRecord, parseTime, PspError } from '@tributary/connector-api';
import type { Order, OrderResult, OrderStatus, Transaction } from '@tributary/connector-api';
import { parseRow } from '@tributary/connector-api/http';
import type { Json, JsonBody } from '@tributary/connector-api/http';
import { normalizeIban } from './mollie.beneficiaries.js';
import type { Payee } from './mollie.beneficiaries.js';
import { parseMoneyObject } from './mollie.mapper.js';
import { findNearest } from './mollie.nearest.js';
import type { MatchCandidate } from './mollie.nearest.js';
import { truncate, createDescription } from './mollie.description-key.js';
import { toOrderResult } from './mollie.result.js';

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
    creditor: { fullName: truncate(name, MAX_NAME_LENGTH), account: { iban } },
    amount: { currency: 'EUR', value: formatAmount(order.amount) },
    description: createDescription(order, MAX_DESCRIPTION_LENGTH),
    ...(testmode ? { testmode } : {}),
  };
}

export function toDraftResult(draft: Json): OrderResult {
  return toOrderResult(draft, mapStatus(draft), {
    draft_transfer_status: 'status',
    scheduled_execution_date: 'scheduledExecutionDate',
    approved_at: 'approvedAt',
    declined_at: 'declinedAt',
    deleted_at: 'deletedAt',
  });
}

/** Maps the status of a draft. A draft does not show its execution: only the journal shows that the money left. */
function mapStatus(draft: Json): OrderStatus {
  switch (draft.string('status')) {
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
export function findDraftOfMovement(
  movement: Transaction,
  accountIban: string,
  drafts: readonly Json[],
): Json | undefined {
  const matches = (draft: Json) =>
    draft.string('status') === 'approved' &&
    normalizeIban(draft.string('debtor', 'account', 'iban')) === accountIban &&
    normalizeIban(draft.string('creditor', 'account', 'iban')) === movement.destinationAccountId;
  const candidates = drafts.flatMap((draft) => {
    // A draft that cannot be parsed must not stop the journal.
    const read = parseRow(draft, 'id', () => (matches(draft) ? [toCandidate(draft)] : []));
    return isRejectedRecord(read) ? [] : read;
  });
  return findNearest(
    movement,
    candidates,
    (after) => after >= -MAX_CLOCK_SKEW_MS && after <= MAX_EXECUTION_DELAY_MS,
  );
}

/**
 * Creates a candidate whose time is the approval, or the scheduled day if that is later. The day begins in Amsterdam, at UTC+02:00 at the
 * earliest.
 */
function toCandidate(draft: Json): MatchCandidate<Json> {
  const day = draft.optionalString('scheduledExecutionDate');
  const times = [draft.time('approvedAt'), ...(day === undefined ? [] : [`${day}T00:00:00+02:00`])];
  const at = Math.max(...times.map((time) => parseTime(time)?.milliseconds ?? NaN));
  return { item: draft, amount: parseMoneyObject(draft.object('amount')), at };
}
