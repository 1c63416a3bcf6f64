/**
 * Publishes an order to clients: one response, whose bytes never change, and rows in the transactions feed.
 * `docs/decisions/orders.md` explains how rows and response are tied, and how the times of rows are chosen.
 */
import { formatTime, transactionToWire, type WireRecord } from '@tributary/connector-api';
import type { OrderChange, OrderState, StoredOrder } from '@tributary/feed';
import { detailsOf, OURS, withoutOurs } from './order-details.js';
import { factsOf, pspIdOf } from './order-request.js';
import type { OrderPace } from './pace.js';

/** Statuses of the row of an order. */
type VisibleStatus = 'PENDING' | 'SUCCEEDED' | 'FAILED';
/** Outcome that was published. A returned order has a row with `SUCCEEDED` and a second row for its return. */
type Outcome = VisibleStatus | 'RETURNED';

/** Extends a change by the response and the rows that are due, or schedules the order for the time when they will be due. */
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
 * Returns the change after a response was returned again. The client then stamps a new entry with the status of that response, so
 * a later status must be published again.
 */
export function answeredAgain(now: number): OrderChange {
  return { set: { answeredAt: now } };
}

/**
 * Returns the time at which the outcome of an order may be published, or `undefined` when clients know it already. A client ties
 * rows to an order only after it has read the response, and ignores earlier rows. Until then only the response may be visible.
 */
export function tellAt(order: StoredOrder, { afterAnswer }: OrderPace): number | undefined {
  const { answer, answeredAt = 0, published, publishedAt = 0, state } = order;
  if (answer === undefined) return undefined;
  const tellable = answeredAt + afterAnswer;
  // The client's own entry, stamped after the response, looks newer than all rows before it.
  const heard = publishedAt < tellable ? (JSON.parse(answer) as { status: string }).status : published;
  return heard === outcomeOf(state) ? undefined : tellable;
}

/**
 * Adds the rows of the outcome if they are due, or else schedules them.
 * @param order as it is after the change
 */
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

/** Returns the rows of the outcome, and the `createdAt` of the last one. Each row is newer than the one before it. */
function outcomeRows(order: StoredOrder, now: number): { rows: WireRecord[]; until: number } {
  const { published, publishedAt, createdAt } = order;
  const first = Math.max(now, (publishedAt ?? createdAt) + 1);
  if (order.state !== 'returned') {
    return { rows: [rowOf(order, statusOf(order.state), first, now)], until: first };
  }
  const paid =
    published === 'SUCCEEDED' || published === 'RETURNED' ? [] : [rowOf(order, 'SUCCEEDED', first, now)];
  const until = first + paid.length;
  // Clients add up the amounts of all rows of a return, so a repeated row has the amount 0.
  const amount = published === 'RETURNED' ? 0n : order.amount;
  return { rows: [...paid, returnRow(order, amount, until, now)], until };
}

/** Returns the columns of an order that gets its response now. */
function answered(order: StoredOrder, status: VisibleStatus, now: number) {
  return {
    answer: answerOf(order, status),
    answeredAt: now,
    published: status,
    // Equal to the response's `createdAt`, so that the client takes the row and the response for the same entry.
    publishedAt: order.createdAt,
  };
}

/** Tells whether the response is due: there is an outcome, the client cannot wait longer, or no outcome can arrive in time. */
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
      // While a process has the lease, `nextActionAt` is only the end of the lease, and the outcome can arrive earlier.
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

/** Returns the JSON string of the response. */
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

/**
 * Returns the feed row of an order.
 * @throws InvalidRecordError for an order that cannot be served
 */
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

/** Merges the metadata. The client's metadata overrides the PSP's, and the gateway's overrides both. */
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
