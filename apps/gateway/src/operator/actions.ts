/** The changes that operators make. The endpoints of the operator API and the command line share them, so that both write the same audit events. */
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
  type ResolutionContext,
  type ResolutionResult,
} from '@tributary/orders';

/** Resolves an order. One transaction writes the change and its audit event. @returns the order after it, or why it is not possible */
export async function resolveOrderAsOperator(
  store: Store,
  order: StoredOrder,
  resolution: Resolution,
  author: OperatorAuthor,
): Promise<ResolutionResult> {
  const context = await createResolutionContext(store);
  return resolveOrder(store.orders(order.connector), order.id, resolution, context, author);
}

/** Leases and due times use the store's clock, because the command line can run on another machine than the gateways. */
export async function createResolutionContext(store: Store): Promise<ResolutionContext> {
  return { holder: getCurrentProcess(), now: await store.currentTime(), timings: DEFAULT_ORDER_TIMINGS };
}

/** Rejected records of one stream. */
export type RejectedRecords = Pick<QuarantineSummary, 'stream' | 'count' | 'oldestSince'>;

/**
 * Retries rejected records: the streams are read again from the first appearance of the oldest of them. A record that is valid now resolves
 * its entry.
 * @param rejected at most one element for each stream
 * @returns the streams that are read again, each with the time of the cursor where it begins (`undefined`: from the beginning)
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

/** An entry is dated when its page was stored. The page was requested a little earlier. */
const SAFETY_MARGIN_MS = 10 * 60_000;
