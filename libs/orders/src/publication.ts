/**
 * What clients see of an order: one answer, whose bytes never change, and rows of the transactions. How the rows are tied to the
 * answer, and why their times are what they are, is in `docs/decisions/orders.md`.
 */
import { formatTime, transactionToWire, type WireRecord } from '@tributary/connector-api';
import type { OrderChange, OrderState, StoredOrder } from '@tributary/feed';
import { detailsOf, OURS, withoutOurs } from './order-details.js';
import { factsOf, pspIdOf } from './order-request.js';
import type { OrderPace } from './pace.js';

/** The statuses of an order's own row. */
type VisibleStatus = 'PENDING' | 'SUCCEEDED' | 'FAILED';
/** What has become of it; an order that came back shows as SUCCEEDED, and its return is a row of its own. */
type Outcome = VisibleStatus | 'RETURNED';

/** Adds to a change the answer and the rows that it makes due, or when they will be. */
export function withPublication(
  order: StoredOrder,
  change: OrderChange,
  now: number,
  pace: OrderPace,
): OrderChange {
  const changedAt = (change.set.state ?? order.state) === order.state ? order.changedAt : now;
  const set = { ...change.set, changedAt };
  const after: StoredOrder = { ...order, ...set };
  if (after.answer !== undefined) return withOutcome(after, { ...change, set }, now, pace);
  if (!isAnswerDue(after, now, pace)) return { ...change, set };
  const status = statusOf(after.state);
  const given = answered(after, status, now);
  const rows = [rowOf(after, status, after.createdAt, now)];
  return withOutcome({ ...after, ...given }, { ...change, set: { ...set, ...given }, rows }, now, pace);
}

/**
 * An answer that is given once more makes the client stamp a new entry of its own, with the status of then: what has changed since
 * is due to be said again.
 */
export function answeredAgain(now: number): OrderChange {
  return { set: { answeredAt: now } };
}

/**
 * When clients may hear what has become of an order; `undefined` when they have. A client ties rows to an order only when it has read the
 * answer, and forgets what it read before: until it surely has, nothing but the answer may be seen.
 */
export function tellAt(order: StoredOrder, { afterAnswer }: OrderPace): number | undefined {
  const { answer, answeredAt = 0, published, publishedAt = 0, state } = order;
  if (answer === undefined) return undefined;
  const tellable = answeredAt + afterAnswer;
  // What the client makes of an answer looks newer than all rows before.
  const heard = publishedAt < tellable ? (JSON.parse(answer) as { status: string }).status : published;
  return heard === outcomeOf(state) ? undefined : tellable;
}

/** @param order as it is after the change */
function withOutcome(order: StoredOrder, change: OrderChange, now: number, pace: OrderPace): OrderChange {
  const due = tellAt(order, pace);
  if (due === undefined) return change;
  if (due > now)
    return { ...change, set: { ...change.set, nextAt: Math.min(order.nextAt ?? Infinity, due) } };
  const told = outcomeRows(order, now);
  const published = { published: outcomeOf(order.state), publishedAt: told.until };
  return {
    ...change,
    set: { ...change.set, ...published },
    rows: [...(change.rows ?? []), ...told.rows],
  };
}

/** Each later than the one before. */
function outcomeRows(order: StoredOrder, now: number): { rows: WireRecord[]; until: number } {
  const { published, publishedAt, createdAt } = order;
  const first = Math.max(now, (publishedAt ?? createdAt) + 1);
  if (order.state !== 'returned') {
    return { rows: [rowOf(order, statusOf(order.state), first, now)], until: first };
  }
  const paid =
    published === 'SUCCEEDED' || published === 'RETURNED' ? [] : [rowOf(order, 'SUCCEEDED', first, now)];
  const until = first + paid.length;
  // The amount of a return counts each time it is said.
  const amount = published === 'RETURNED' ? 0n : order.amount;
  return { rows: [...paid, returnRow(order, amount, until, now)], until };
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

function outcomeOf(state: OrderState): Outcome {
  return state === 'returned' ? 'RETURNED' : statusOf(state);
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
    ...withoutOurs({ ...ofPsp, ...metadata }),
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
