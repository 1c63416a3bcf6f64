/**
 * Handles payouts from a balance to the organisation's own bank account. It creates payouts, finds them, and links rows of the journal to
 * the payouts that were ordered through this gateway.
 */
import {
  createOrderDescription,
  findNearestMovement,
  formatAmount,
  readOrderKey,
  readOrderResult,
  createOrderRejection,
  requireOrderCurrency,
  translateOrDefault,
} from '@tributary/connector-api';
import type { Order, OrderResult, OrderStatus, UnlinkedRow } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { findOrderInPages, requireOrderObject } from '@tributary/connector-api/listing';
import type { OrderRecognition } from '@tributary/connector-api/listing';
import type { MollieClient } from './mollie.client.js';
import { parseMoneyObject } from './mollie.mapper.js';
import { getBankAccountId, ORDER_PROPERTIES } from './mollie.vocabulary.js';

const MAX_DESCRIPTION_LENGTH = 255;
/**
 * The maximum difference in ms between `initiatedAt` of a payout and the time of its row in the journal. The money leaves the balance at
 * `initiatedAt`.
 */
const MAX_INITIATION_OFFSET_MS = 12 * 3_600_000;
const MAX_RETURN_DELAY_MS = 30 * 24 * 3_600_000;
/** The maximum time in ms by which Mollie's clock is assumed to be behind the gateway's clock. */
const MAX_CLOCK_SKEW_MS = 10 * 60_000;

/**
 * Creates a payout at Mollie.
 * @throws PspError `rejected` if Mollie cannot execute the order exactly as requested
 */
export async function createPayout(client: MollieClient, order: Order): Promise<OrderResult> {
  const { sourceAccountId: balanceId, destinationAccountId, idempotencyKey } = order;
  const own = getBankAccountId(balanceId);
  if (destinationAccountId !== own)
    throw createOrderRejection(
      `Mollie pays out ${balanceId} only to your own bank account: expected the destination ${own}`,
    );
  const amount = { currency: requireOrderCurrency(order, 'Mollie'), value: formatAmount(order.amount) };
  const description = createOrderDescription(order, MAX_DESCRIPTION_LENGTH);
  return toPayoutResult(await client.create('payouts', { balanceId, amount, description }, idempotencyKey));
}

/** Finds a payout by Mollie's id. As long as this id is unknown, the payout is searched for in the list of payouts by the order's key. */
export async function findPayout(client: MollieClient, order: Order): Promise<OrderResult | undefined> {
  const { pspId, sourceAccountId: balanceId, createdAt } = order;
  const orderedAt = Date.parse(createdAt) - MAX_CLOCK_SKEW_MS;
  const search = () =>
    findOrderInPages(
      (token) => client.list('payouts', { token, query: { balanceId } }),
      order,
      ORDER_RECOGNITION,
      // The list is newest first. The search ends at the first payout that is older than the order.
      (payout) => Date.parse(payout.time('createdAt')) < orderedAt,
    );
  const find = async (id: string) =>
    requireOrderObject(await client.find('payouts', id), order, ORDER_RECOGNITION);
  const payout = await (pspId === undefined ? search() : find(pspId));
  return payout && toPayoutResult(payout);
}

/** How the payout or the draft of an order is recognised: by the order's key in its description, and by its amount. */
export const ORDER_RECOGNITION: OrderRecognition = {
  getKey: readOrderKey,
  getAmount: (row) => parseMoneyObject(row.object('amount')),
};

/** Links the journal rows of payouts and of returned payouts to the payouts that were ordered through this gateway. */
export async function linkSettlementsToPayouts(
  client: MollieClient,
  rows: readonly UnlinkedRow[],
  balanceId: string,
): Promise<readonly UnlinkedRow[]> {
  if (!rows.some(isSettlement)) return rows;
  const { rows: payouts } = await client.list('payouts', { query: { balanceId } });
  const ordered = payouts.filter((payout) => readOrderKey(payout) !== undefined);
  return rows.map((row) => (isSettlement(row) ? linkPayout(row, ordered) : row));
}

function isSettlement({ row, preferredId, linked }: UnlinkedRow): boolean {
  return (row.type === 'PAYOUT' && preferredId !== undefined) || linked?.type === 'PAYOUT';
}

/**
 * Links one row to its payout. The journal does not contain the ids of payouts, so the payout is found by its balance, amount and time:
 * Mollie makes at most one payout per balance and day. The return of a payout belongs to a payout that failed after its money had left the
 * balance.
 */
function linkPayout(unlinked: UnlinkedRow, payouts: readonly Json[]): UnlinkedRow {
  const { row, linked } = unlinked;
  const payout = findNearestMovement(row, payouts, {
    getAmount: (one) => parseMoneyObject(one.object('amount')),
    getTime: (one) =>
      linked && one.string('status') !== 'failed' ? undefined : one.optionalTime('initiatedAt'),
    minMs: linked ? 0 : -MAX_INITIATION_OFFSET_MS,
    maxMs: linked ? MAX_RETURN_DELAY_MS : MAX_INITIATION_OFFSET_MS,
  });
  if (payout === undefined) return unlinked;
  const id = payout.string('id');
  // The link is set here, because the payout is already served as the row of its order, and `linkRows` does not find that row.
  if (linked) return { row: { ...linked, relatedTransactionId: id } };
  const [orderKey, status] = [readOrderKey(payout), mapPayoutStatus(payout)];
  const rowStatus = status === 'RETURNED' ? 'SUCCEEDED' : status;
  return { row: { ...row, status: rowStatus, ...(orderKey && { orderKey }) }, preferredId: id };
}

const PAYOUT_TIMES = ['initiatedAt', 'completedAt'];
const PAYOUT_FORMAT = { ...ORDER_PROPERTIES, statusKey: 'payout_status', properties: PAYOUT_TIMES };

function toPayoutResult(payout: Json): OrderResult {
  return readOrderResult(payout, PAYOUT_FORMAT, mapPayoutStatus(payout));
}

/** The final statuses of a payout. Any other status, also a new one, is treated as not final. */
const PAYOUT_STATUSES = { completed: 'SUCCEEDED', failed: 'FAILED', canceled: 'FAILED' } as const;

function mapPayoutStatus(payout: Json): OrderStatus {
  const word = payout.string('status');
  // Mollie's text for this case is "The payout has been returned by the bank". The payout failed after it had been sent.
  if (word === 'failed' && payout.has('completedAt')) return 'RETURNED';
  return translateOrDefault<OrderStatus>(PAYOUT_STATUSES, word, 'PENDING');
}
