/**
 * Executes the changes that operators make. The endpoints of the operator API and the command line use the same functions, so that both
 * write the same audit events.
 */
import type { Stream } from '@tributary/connector-api';
import {
  getCurrentProcess,
  type OperatorAuthor,
  type QuarantineSummary,
  type Store,
  type StoredOrder,
} from '@tributary/feed';
import {
  DEFAULT_ORDER_TIMINGS,
  resolveOrder,
  type Resolution,
  type ResolutionApproval,
  type ResolutionContext,
  type ResolutionResult,
} from '@tributary/orders';

/**
 * Sets the final status of an order. One transaction writes the change and its audit event.
 * @returns the changed order, or the reason why the change is not possible
 */
export async function resolveOrderAsOperator(
  store: Store,
  order: StoredOrder,
  resolution: Resolution,
  author: OperatorAuthor,
  approval?: ResolutionApproval,
): Promise<ResolutionResult> {
  const context = await createResolutionContext(store);
  return resolveOrder(store.orders(order.connector), order.id, resolution, context, author, approval);
}

/**
 * Creates the data that a change of an order needs. Leases and due times use the clock of the store, because the command line can run on
 * another machine than the gateways.
 */
export async function createResolutionContext(store: Store): Promise<ResolutionContext> {
  return { holder: getCurrentProcess(), now: await store.currentTime(), timings: DEFAULT_ORDER_TIMINGS };
}

/** The number and the age of the rejected records of one stream. */
export type RejectedRecords = Pick<QuarantineSummary, 'stream' | 'count' | 'oldestSince'>;

/**
 * Reads streams again in which records were rejected. Each stream is read from the time at which its oldest rejected record first appeared.
 * If a record is now valid, its entry is resolved.
 * @param rejected at most one element for each stream
 * @returns the streams that are read again, each with the time of the cursor from which the reading begins (`undefined`: from the
 * beginning)
 */
export async function retryRejectedRecords(
  store: Store,
  author: OperatorAuthor,
  rejected: readonly RejectedRecords[],
): Promise<{ stream: Stream; cursorAt: number | undefined }[]> {
  const starts = [];
  for (const { stream, oldestSince } of rejected)
    starts.push(...(await store.operator().rereadStreams(author, [stream], oldestSince - SAFETY_MARGIN_MS)));
  return starts;
}

/**
 * Time in ms by which the reading begins before the time of an entry. The time of an entry is the time at which its page was stored, and
 * the page was requested a little earlier.
 */
const SAFETY_MARGIN_MS = 10 * 60_000;
