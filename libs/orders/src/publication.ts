/**
 * What clients see of an order: one answer, whose bytes never change, and rows of the transactions. How the rows are tied to the
 * answer, and why their times are what they are, is in `docs/decisions/orders.md`.
 */
import { formatTime, transactionToWire, type WireRecord } from '@tributary/connector-api';
import type { OrderChange, OrderState, StoredOrder } from '@tributary/feed';
import { detailsOf, OURS } from './order-details.js';
import { factsOf, pspIdOf } from './order-request.js';
import type { OrderPace } from './pace.js';

/** An order that came back shows as SUCCEEDED: its return is a row of its own. */
type VisibleStatus = 'PENDING' | 'SUCCEEDED' | 'FAILED';

/** Adds to a change the answer and the rows that it makes due. */
export function withPublication(
  order: StoredOrder,
  change: OrderChange,
  now: number,
  pace: OrderPace,
): OrderChange {
  const changedAt = (change.set.state ?? order.state) === order.state ? order.changedAt : now;
  const set = { ...change.set, changedAt };
  const after: StoredOrder = { ...order, ...set };
  if (after.answer === undefined && !isAnswerDue(after, now, pace)) return { ...change, set };
  const told = { ...after };
  const rows: WireRecord[] = [];
  const status = statusOf(after.state);
  if (after.answer === undefined) {
    Object.assign(told, answered(after, status, now));
    rows.push(rowOf(after, status, after.createdAt, now));
  } else if (status !== after.published) {
    told.published = status;
    told.publishedAt = timeOf(told, now, pace);
    rows.push(rowOf(after, status, told.publishedAt, now));
  }
  if (after.state === 'returned' && order.state !== 'returned') {
    told.publishedAt = timeOf(told, now, pace);
    rows.push(returnRow(after, after.amount, told.publishedAt, now));
  }
  const { answer, answeredAt, published, publishedAt } = told;
  return { ...change, set: { ...set, answer, answeredAt, published, publishedAt }, rows };
}

/**
 * An answer that is given once more makes the client stamp a new entry of its own, with the status of then: what has changed since
 * is said again, and looks later.
 */
export function answeredAgain(order: StoredOrder, now: number, pace: OrderPace): OrderChange {
  const set = { answeredAt: now };
  const answeredStatus = (JSON.parse(order.answer ?? '{}') as { status?: string }).status;
  const said = { ...order, ...set };
  const publishedAt = timeOf(said, now, pace);
  if (order.state === 'returned') {
    // The amount of a return counts each time it is said.
    return { set: { ...set, publishedAt }, rows: [returnRow(order, 0n, publishedAt, now)] };
  }
  const status = statusOf(order.state);
  if (status === answeredStatus) return { set };
  return { set: { ...set, publishedAt }, rows: [rowOf(order, status, publishedAt, now)] };
}

function answered(order: StoredOrder, status: VisibleStatus, now: number) {
  return {
    answer: answerOf(order, status),
    answeredAt: now,
    published: status,
    // Exactly the answer's: the client takes both for the same entry.
    publishedAt: order.createdAt,
  };
}

/** The first outcome is the answer; without one it is given when the client cannot wait longer, or waiting is no use. */
function isAnswerDue(order: StoredOrder, now: number, { answerWithin }: OrderPace): boolean {
  const { state, createdAt, nextAt = Infinity, holder } = order;
  const until = createdAt + answerWithin;
  switch (state) {
    case 'pending':
    case 'succeeded':
    case 'failed':
    case 'returned':
      return true;
    case 'received':
    case 'sending':
      return now >= until;
    case 'waiting':
    case 'unknown':
      // While somebody is at it, the next step is not what is waited for.
      return now >= until || (holder === undefined && nextAt >= until);
  }
}

/** Later than every earlier row, and than the entry that the client made of our answer. */
function timeOf({ createdAt, answeredAt, publishedAt }: StoredOrder, now: number, pace: OrderPace): number {
  return Math.max(now, (publishedAt ?? createdAt) + 1, (answeredAt ?? 0) + pace.afterAnswer);
}

function statusOf(state: OrderState): VisibleStatus {
  switch (state) {
    case 'received':
    case 'waiting':
    case 'sending':
    case 'unknown':
    case 'pending':
      return 'PENDING';
    case 'succeeded':
    case 'returned':
      return 'SUCCEEDED';
    case 'failed':
      return 'FAILED';
  }
}

function answerOf(order: StoredOrder, status: VisibleStatus): string {
  const { sourceAccountId, destinationAccountId, description } = factsOf(order);
  return JSON.stringify({
    id: order.id,
    idempotencyKey: order.idempotencyKey,
    amount: order.amount.toString(),
    currency: order.asset,
    sourceAccountId,
    destinationAccountId,
    ...(description === undefined ? {} : { description }),
    status,
    createdAt: formatTime(order.createdAt),
    metadata: metadataOf(order),
  });
}

/** @throws RefusedError for an order that cannot be served. */
export function rowOf(order: StoredOrder, status: VisibleStatus, createdAt: number, now: number): WireRecord {
  return transactionToWire({ ...common(order, createdAt, now), id: order.id, status }, order.idempotencyKey);
}

function returnRow(order: StoredOrder, amount: bigint, createdAt: number, now: number): WireRecord {
  return transactionToWire(
    {
      ...common(order, createdAt, now),
      id: `${order.id}-return`,
      status: 'REFUNDED',
      amount: { amount, asset: order.asset },
    },
    order.idempotencyKey,
  );
}

function common(order: StoredOrder, createdAt: number, now: number) {
  const { sourceAccountId, destinationAccountId } = factsOf(order);
  return {
    createdAt: formatTime(createdAt),
    updatedAt: formatTime(now),
    type: order.kind,
    amount: { amount: order.amount, asset: order.asset },
    sourceAccountId: pspIdOf(sourceAccountId),
    destinationAccountId: pspIdOf(destinationAccountId),
    metadata: metadataOf(order),
  };
}

/** The client's own wins over the PSP's, and ours over both. */
function metadataOf(order: StoredOrder): Record<string, string> {
  const { metadata, description } = factsOf(order);
  const { metadata: ofPsp, reason } = detailsOf(order);
  return {
    ...ofPsp,
    ...metadata,
    ...(description === undefined ? {} : { [`com.${OURS}.spec/description`]: description }),
    ...(order.pspId === undefined ? {} : { [`com.${OURS}.spec/psp_order_id`]: order.pspId }),
    ...(reason && order.state !== 'succeeded' && order.state !== 'pending'
      ? {
          [`com.${reason.by}.spec/failure_code`]: reason.code,
          ...(reason.message === undefined
            ? {}
            : { [`com.${reason.by}.spec/failure_reason`]: reason.message }),
        }
      : {}),
  };
}
