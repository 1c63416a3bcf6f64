/**
 * Publishes an order to clients: one response, whose bytes never change, and rows in the transactions feed.
 * `docs/decisions/0010-publish-status-after-the-response.md` explains the relation of rows and response, and how the times of rows are
 * chosen.
 */
import { formatTime, serializeTransaction, type SerializedRecord } from '@tributary/connector-api';
import type { MutableOrderFields, OrderChange, OrderState, StoredOrder } from '@tributary/feed';
import { parseDetails, RESERVED_NAMESPACE, stripReservedMetadata } from '../model/stored-order-details.js';
import { parseStoredRequest, decodePspId } from '../model/order-request.js';
import type { OrderTimings } from '../state-machine/order-timings.js';

/** The statuses that the row of an order can have. */
type OrderRowStatus = 'PENDING' | 'SUCCEEDED' | 'FAILED';
/** The outcome of an order that was published. A returned order has a row with the status `SUCCEEDED`, and a second row for its return. */
type OrderOutcome = OrderRowStatus | 'RETURNED';

/**
 * Adds to a change the response and the rows that are due. If they are not due yet, the function schedules the order for the time when they
 * will be due.
 */
export function addPublication(
  order: StoredOrder,
  change: OrderChange,
  now: number,
  timings: OrderTimings,
): OrderChange {
  const changedAt = (change.set.state ?? order.state) === order.state ? order.changedAt : now;
  const set: Partial<MutableOrderFields> = { ...change.set, changedAt };
  const after: StoredOrder = { ...order, ...set };
  if (after.response !== undefined) return addOutcomeRows(after, { ...change, set }, now, timings);
  if (!isResponseDue(after, now, timings)) return { ...change, set };
  const status = toRowStatus(after.state);
  const responseFields = buildResponseFields(after, status, now);
  const publishedRecords = [toTransactionRow(after, status, after.createdAt, now)];
  return addOutcomeRows(
    { ...after, ...responseFields },
    { ...change, set: { ...set, ...responseFields }, publishedRecords },
    now,
    timings,
  );
}

/**
 * Returns the change of the order after the gateway has sent its response to the client again. The client then stores the status of this
 * response again with the current time, which hides earlier rows. So a later status must be published again.
 */
export function recordResponseSentAgain(now: number): OrderChange {
  return { set: { respondedAt: now } };
}

/**
 * Returns the time at which the outcome of an order may be published, or `undefined` when clients already have the outcome. A client
 * connects rows with an order only after it has read the response, and ignores earlier rows. So before this time, only the response may be
 * visible.
 */
export function getPublicationTime(
  order: StoredOrder,
  { publishDelayMs, republishDelaysMs }: OrderTimings,
): number | undefined {
  const { response, respondedAt = 0, publishedStatus, publishedAt = 0, state } = order;
  if (response === undefined) return undefined;
  const earliestAt = respondedAt + publishDelayMs;
  const responseStatus = (JSON.parse(response) as { status: string }).status;
  // The client stores the status of the response with the time at which it got the response. A row with an earlier time does not replace
  // this status in the client.
  const statusSeenByClient = publishedAt < earliestAt ? responseStatus : publishedStatus;
  const outcome = toOrderOutcome(state);
  if (statusSeenByClient !== outcome) return earliestAt;
  if (outcome === responseStatus) return undefined;
  // A slow client may store the status of the response, or connect the payment with the order, only after it has read the row. So the
  // outcome is published again later.
  const republishAt = republishDelaysMs.map((delayMs) => respondedAt + delayMs);
  return republishAt.find((at) => at > publishedAt);
}

/**
 * Adds the rows of the outcome if they are due. Otherwise it schedules the order for the time when they are due.
 * @param order the order after the change
 */
function addOutcomeRows(
  order: StoredOrder,
  change: OrderChange,
  now: number,
  timings: OrderTimings,
): OrderChange {
  const publishAt = getPublicationTime(order, timings);
  if (publishAt === undefined) return change;
  if (publishAt > now)
    return {
      ...change,
      set: { ...change.set, nextActionAt: Math.min(order.nextActionAt ?? Infinity, publishAt) },
    };
  const outcome = buildOutcomeRows(order, now);
  const published: Partial<MutableOrderFields> = {
    publishedStatus: toOrderOutcome(order.state),
    publishedAt: outcome.lastCreatedAt,
  };
  const nextPublishAt = getPublicationTime({ ...order, ...published }, timings);
  const nextActionAt = Math.min(order.nextActionAt ?? Infinity, nextPublishAt ?? Infinity);
  return {
    ...change,
    set: { ...change.set, ...published, ...(nextPublishAt === undefined ? {} : { nextActionAt }) },
    publishedRecords: [...(change.publishedRecords ?? []), ...outcome.rows],
  };
}

/** Returns the rows of the outcome, and the `createdAt` of the last row. Each row has a later time than the previous row. */
function buildOutcomeRows(
  order: StoredOrder,
  now: number,
): { rows: SerializedRecord[]; lastCreatedAt: number } {
  const { publishedStatus, publishedAt, createdAt } = order;
  const firstCreatedAt = Math.max(now, (publishedAt ?? createdAt) + 1);
  if (order.state !== 'returned') {
    return {
      rows: [toTransactionRow(order, toRowStatus(order.state), firstCreatedAt, now)],
      lastCreatedAt: firstCreatedAt,
    };
  }
  const successRows =
    publishedStatus === 'SUCCEEDED' || publishedStatus === 'RETURNED'
      ? []
      : [toTransactionRow(order, 'SUCCEEDED', firstCreatedAt, now)];
  const lastCreatedAt = firstCreatedAt + successRows.length;
  // Clients add up the amounts of all rows of a return, so a repeated row has the amount 0.
  const amount = publishedStatus === 'RETURNED' ? 0n : order.amount;
  return { rows: [...successRows, toReturnRow(order, amount, lastCreatedAt, now)], lastCreatedAt };
}

/** Returns the column values of an order that gets its response now. */
function buildResponseFields(
  order: StoredOrder,
  status: OrderRowStatus,
  now: number,
): Partial<MutableOrderFields> {
  return {
    response: buildResponse(order, status),
    respondedAt: now,
    publishedStatus: status,
    // The time equals the `createdAt` of the response, so that the client treats the row and the response as the same entry.
    publishedAt: order.createdAt,
  };
}

/** Returns true if the response is due: the order has an outcome, the client cannot wait longer, or no outcome can arrive in time. */
function isResponseDue(order: StoredOrder, now: number, { responseTimeoutMs }: OrderTimings): boolean {
  const { state, createdAt, nextActionAt = Infinity, holder } = order;
  const responseDueAt = createdAt + responseTimeoutMs;
  switch (state) {
    case 'pending':
    case 'succeeded':
    case 'failed':
    case 'returned':
      return true;
    case 'received':
    case 'sending':
      return now >= responseDueAt;
    case 'waiting':
    case 'unknown':
      // While a process has the lease, `nextActionAt` is only the end of the lease, and the outcome can arrive earlier.
      return now >= responseDueAt || (holder === undefined && nextActionAt >= responseDueAt);
  }
}

function toOrderOutcome(state: OrderState): OrderOutcome {
  return state === 'returned' ? 'RETURNED' : toRowStatus(state);
}

function toRowStatus(state: OrderState): OrderRowStatus {
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

/** Returns the response to the client as a JSON string. */
function buildResponse(order: StoredOrder, status: OrderRowStatus): string {
  const { sourceAccountId, destinationAccountId, description, requestedAsset } = parseStoredRequest(order);
  return JSON.stringify({
    id: order.id,
    idempotencyKey: order.idempotencyKey,
    amount: order.amount.toString(),
    currency: requestedAsset ?? order.asset,
    sourceAccountId,
    destinationAccountId,
    ...(description === undefined ? {} : { description }),
    status,
    createdAt: formatTime(order.createdAt),
    metadata: buildMetadata(order),
  });
}

/**
 * Returns the row of an order for the transactions feed.
 * @throws InvalidRecordError when the order cannot be served
 */
export function toTransactionRow(
  order: StoredOrder,
  status: OrderRowStatus,
  createdAt: number,
  now: number,
): SerializedRecord {
  const record = serializeTransaction(
    { ...commonRowFields(order, createdAt, now), id: order.id, status },
    order.idempotencyKey,
  );
  // The PSP moves the money before the row is published. If a balance was read between these two times, it already contains the movement.
  if (record.balanceChange) record.balanceChange = { ...record.balanceChange, at: order.createdAt };
  return record;
}

/**
 * Returns the row of a return for the transactions feed. Source and destination of the order are swapped, because the money moves back: the
 * own account is the destination, as in every row that a plugin builds with `toPayoutReturn` or `toReversal`. Clients find the payment by
 * the type and `relatedTransactionID`, which are the same as those of the order.
 */
function toReturnRow(order: StoredOrder, amount: bigint, createdAt: number, now: number): SerializedRecord {
  const { sourceAccountId, destinationAccountId, ...fields } = commonRowFields(order, createdAt, now);
  return serializeTransaction(
    {
      ...fields,
      id: `${order.id}-return`,
      status: 'REFUNDED',
      amount: { ...fields.amount, amount },
      sourceAccountId: destinationAccountId,
      destinationAccountId: sourceAccountId,
    },
    order.idempotencyKey,
  );
}

function commonRowFields(order: StoredOrder, createdAt: number, now: number) {
  const { sourceAccountId, destinationAccountId, requestedAsset } = parseStoredRequest(order);
  return {
    createdAt: formatTime(createdAt),
    updatedAt: formatTime(now),
    type: order.kind,
    // The row has the asset as the client wrote it, e.g. `JPY/0`. So the payment has the same asset in the row and in the response, and the
    // client can read them in any sequence.
    amount: { amount: order.amount, asset: requestedAsset ?? order.asset },
    sourceAccountId: decodePspId(sourceAccountId),
    destinationAccountId: decodePspId(destinationAccountId),
    metadata: buildMetadata(order),
  };
}

/**
 * Merges the metadata of the PSP, the client and the gateway. If keys are equal, the client's value replaces the PSP's value, and the
 * gateway's value replaces both.
 */
function buildMetadata(order: StoredOrder): Record<string, string> {
  const { metadata, description } = parseStoredRequest(order);
  const { metadata: pspMetadata, reason } = parseDetails(order);
  return {
    ...stripReservedMetadata({ ...pspMetadata, ...metadata }),
    ...(description === undefined ? {} : { [`com.${RESERVED_NAMESPACE}.spec/description`]: description }),
    ...(order.pspId === undefined ? {} : { [`com.${RESERVED_NAMESPACE}.spec/psp_order_id`]: order.pspId }),
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
