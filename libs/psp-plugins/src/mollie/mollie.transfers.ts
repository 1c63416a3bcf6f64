/**
 * Handles transfers from a business account, which are created as drafts. It creates and finds drafts, and links rows of the journal to
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
  createOrderRejection,
  truncateText,
} from '@tributary/connector-api';
import type { Order, OrderResult, Payee, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { findOrderInPages, requireOrderObject } from '@tributary/connector-api/listing';
import type { MollieClient } from './mollie.client.js';
import { parseMoneyObject } from './mollie.mapper.js';
import { ORDER_RECOGNITION } from './mollie.payouts.js';
import { DESCRIPTION_KEY, ORDER_PROPERTIES } from './mollie.vocabulary.js';

const MAX_DESCRIPTION_LENGTH = 140;
const MAX_NAME_LENGTH = 70;
/**
 * The maximum time in ms from the approval of a draft to its execution. Mollie executes a SEPA transfer at most two business days later.
 */
const MAX_EXECUTION_DELAY_MS = 5 * 24 * 3_600_000;
/** The maximum time in ms by which times in different responses of Mollie are assumed to deviate. */
const MAX_CLOCK_SKEW_MS = 10 * 60_000;

/**
 * Creates a draft transfer at Mollie.
 * @throws PspError `rejected` if Mollie cannot execute the order exactly as requested
 */
export async function createDraft(client: MollieClient, order: Order, payee: Payee): Promise<OrderResult> {
  const { sourceAccountId, amount, idempotencyKey } = order;
  const account = await client.find('businessAccounts', sourceAccountId);
  if (account === undefined) throw createOrderRejection(`Mollie has no business account ${sourceAccountId}`);
  if (amount.asset !== 'EUR/2')
    throw createOrderRejection(`a business account at Mollie transfers EUR/2 only, found ${amount.asset}`);
  const body = {
    debtorIban: account.string('accountDetails', 'iban'),
    creditor: { fullName: truncateText(payee.name, MAX_NAME_LENGTH), account: { iban: payee.iban } },
    amount: { currency: 'EUR', value: formatAmount(amount) },
    description: createOrderDescription(order, MAX_DESCRIPTION_LENGTH),
  };
  return toDraftResult(await client.create('draftTransfers', body, idempotencyKey));
}

/**
 * Finds a draft by its id, or else in the list of drafts, because Mollie responds with 404 for some drafts that are in the list. The
 * document does not state the order of the list, so the whole list is read.
 */
export async function findDraft(client: MollieClient, order: Order): Promise<OrderResult | undefined> {
  const { pspId } = order;
  // If the transaction was listed before the draft was known, the `pspId` of the order is the id of the transaction.
  const draft = pspId?.startsWith('badrt_') ? await client.find('draftTransfers', pspId) : undefined;
  const search = () =>
    findOrderInPages((token) => client.list('draftTransfers', { token }), order, ORDER_RECOGNITION);
  const found = requireOrderObject(draft, order, ORDER_RECOGNITION) ?? (await search());
  return found && toDraftResult(found);
}

/**
 * Links payouts without a description to approved drafts. Other payouts need no link to a draft, because their description contains the
 * order's key.
 */
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

/** Returns true if a payout has a payee but no description. The order's key would be in the description. */
function isPayoutWithoutDescription({ type, destinationAccountId, metadata }: Transaction): boolean {
  return type === 'PAYOUT' && destinationAccountId !== undefined && metadata?.[DESCRIPTION_KEY] === undefined;
}

/**
 * Returns the approved draft that a transaction executes. It has the same account, IBAN and amount, and was due at the time of the
 * transaction.
 */
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

/**
 * Returns the time of the approval, or the beginning of the scheduled day if it is later. The day begins in Amsterdam, at UTC+02:00 at the
 * earliest.
 */
function getExecutionTime(draft: Json): string {
  const day = draft.optionalString('scheduledExecutionDate');
  const times = [draft.time('approvedAt'), ...(day === undefined ? [] : [`${day}T00:00:00+02:00`])];
  return formatTime(Math.max(...times.map((time) => Date.parse(time))));
}

const DRAFT_TIMES = ['scheduledExecutionDate', 'approvedAt', 'declinedAt', 'deletedAt'];
const DRAFT_FORMAT = { ...ORDER_PROPERTIES, statusKey: 'draft_transfer_status', properties: DRAFT_TIMES };

/**
 * Converts a draft to the result of its order. A draft does not show whether it was executed; only the journal shows that the money left.
 * So no status except `declined` is final, including statuses that Mollie adds later.
 */
function toDraftResult(draft: Json): OrderResult {
  const status = draft.string('status') === 'declined' ? 'FAILED' : 'PENDING';
  return readOrderResult(draft, DRAFT_FORMAT, status);
}
