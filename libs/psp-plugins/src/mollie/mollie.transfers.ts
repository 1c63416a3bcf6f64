/**
 * Handles transfers from a business account, which are created as drafts: creates and finds drafts, and links the rows of the journal to
 * drafts. A person approves each draft in Mollie's app, and no money moves before the approval.
 */
import {
  createOrderDescription,
  findNearestMovement,
  formatAmount,
  formatTime,
  normalizeIban,
  readOrderKey,
  readOrderResult,
  readText,
  rejectOrder,
  truncateText,
} from '@tributary/connector-api';
import type { Order, OrderResult, Payee, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { findRowInPages } from '@tributary/connector-api/listing';
import type { MollieClient } from './mollie.client.js';
import { parseMoneyObject } from './mollie.mapper.js';
import { DESCRIPTION_KEY, ORDER_FORMAT } from './mollie.vocabulary.js';

const MAX_DESCRIPTION_LENGTH = 140;
const MAX_NAME_LENGTH = 70;
/** Maximum time in ms from the approval to the execution. A SEPA transfer is executed at most two business days later. */
const MAX_EXECUTION_DELAY_MS = 5 * 24 * 3_600_000;
/** Maximum time in ms by which Mollie's clock in one response can be behind its clock in another response. */
const MAX_CLOCK_SKEW_MS = 10 * 60_000;

/** @throws PspError `rejected` when Mollie cannot execute the order exactly as it is */
export async function createDraft(client: MollieClient, order: Order, payee: Payee): Promise<OrderResult> {
  const { sourceAccountId, amount, idempotencyKey } = order;
  const account = await client.find('businessAccounts', sourceAccountId);
  if (account === undefined) throw rejectOrder(`Mollie has no business account ${sourceAccountId}`);
  if (amount.asset !== 'EUR/2')
    throw rejectOrder(`a business account at Mollie transfers EUR/2 only, found ${amount.asset}`);
  const body = {
    debtorIban: account.string('accountDetails', 'iban'),
    creditor: { fullName: truncateText(payee.name, MAX_NAME_LENGTH), account: { iban: payee.iban } },
    amount: { currency: 'EUR', value: formatAmount(amount) },
    description: createOrderDescription(order, MAX_DESCRIPTION_LENGTH),
  };
  return toDraftResult(await client.create('draftTransfers', body, idempotencyKey));
}

/**
 * Finds a draft by id, then in the list. Mollie responds 404 for some drafts that are in its list. The document does not state the order of the
 * list, so it is read completely.
 */
export async function findDraft(
  client: MollieClient,
  { idempotencyKey, pspId }: Order,
): Promise<OrderResult | undefined> {
  // If the transaction was listed before the draft was known, the order has the id of its transaction.
  const draft = pspId?.startsWith('badrt_') ? await client.find('draftTransfers', pspId) : undefined;
  const isWanted = (one: Json) =>
    readOrderKey(one) === idempotencyKey || (pspId !== undefined && readText(one, 'id') === pspId);
  const found =
    draft ?? (await findRowInPages((token) => client.list('draftTransfers', { token }), isWanted));
  return found && toDraftResult(found);
}

/** Links payouts without a description to approved drafts. Other payouts have the order's key in their description. */
export async function linkMovementsToDrafts(
  client: MollieClient,
  rows: Transaction[],
  accountIban: string,
): Promise<Transaction[]> {
  if (!rows.some(isPayoutWithoutDescription)) return rows;
  const { rows: drafts } = await client.list('draftTransfers', {});
  return rows.map((row) => {
    const draft = isPayoutWithoutDescription(row) && findDraftOfMovement(row, accountIban, drafts);
    const orderKey = draft ? readOrderKey(draft) : undefined;
    return orderKey === undefined ? row : { ...row, orderKey };
  });
}

/** Returns true if a payout has a payee but no description (the description would contain the order's key). */
function isPayoutWithoutDescription({ type, destinationAccountId, metadata }: Transaction): boolean {
  return type === 'PAYOUT' && destinationAccountId !== undefined && metadata?.[DESCRIPTION_KEY] === undefined;
}

/** Returns the approved draft of a transaction: same account, IBAN and amount, and due at that time. */
function findDraftOfMovement(
  movement: Transaction,
  accountIban: string,
  drafts: readonly Json[],
): Json | undefined {
  const isOfMovement = (draft: Json) =>
    draft.string('status') === 'approved' &&
    normalizeIban(draft.string('debtor', 'account', 'iban')) === accountIban &&
    normalizeIban(draft.string('creditor', 'account', 'iban')) === movement.destinationAccountId;
  return findNearestMovement(movement, drafts, {
    getAmount: (draft) => parseMoneyObject(draft.object('amount')),
    getTime: (draft) => (isOfMovement(draft) ? getExecutionTime(draft) : undefined),
    minMs: -MAX_CLOCK_SKEW_MS,
    maxMs: MAX_EXECUTION_DELAY_MS,
  });
}

/** Returns the time of the approval, or the scheduled day if it is later. The day begins in Amsterdam, at UTC+02:00 at the earliest. */
function getExecutionTime(draft: Json): string {
  const day = draft.optionalString('scheduledExecutionDate');
  const times = [draft.time('approvedAt'), ...(day === undefined ? [] : [`${day}T00:00:00+02:00`])];
  return formatTime(Math.max(...times.map((time) => Date.parse(time))));
}

const DRAFT_TIMES = ['scheduledExecutionDate', 'approvedAt', 'declinedAt', 'deletedAt'];
const DRAFT_FORMAT = { ...ORDER_FORMAT, statusKey: 'draft_transfer_status', properties: DRAFT_TIMES };

/**
 * Maps a draft to its result. A draft does not show its execution; only the journal shows that the money left. So no status except
 * `declined` is final, also if Mollie adds further statuses.
 */
function toDraftResult(draft: Json): OrderResult {
  const status = draft.string('status') === 'declined' ? 'FAILED' : 'PENDING';
  return readOrderResult(draft, DRAFT_FORMAT, status);
}
