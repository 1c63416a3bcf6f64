/** The changes that operators make. The endpoints of the operator API and the command line share them, so that both write the same audit events. */
import type { Stream } from '@tributary/connector-api';
import {
  getCurrentProcess,
  type OperatorAuthor,
  type QuarantineKey,
  type Store,
  type StoredOrder,
} from '@tributary/feed';
import { DEFAULT_ORDER_TIMINGS, resolveOrder, type Resolution } from '@tributary/orders';

/** Resolves an order, and writes the audit event. @returns the order after it, or why it is not possible */
export async function resolveOrderAsOperator(
  store: Store,
  order: StoredOrder,
  resolution: Resolution,
  author: OperatorAuthor,
): Promise<{ order: StoredOrder } | { error: string }> {
  // Leases and due times use the store's clock, and the command line can run on another machine than the gateways.
  const context = {
    holder: getCurrentProcess(),
    now: await store.currentTime(),
    timings: DEFAULT_ORDER_TIMINGS,
  };
  const resolved = await resolveOrder(store.orders(order.connector), order.id, resolution, context);
  if ('error' in resolved) return resolved;
  await store.operator().appendAuditEvent({
    ...author,
    action: 'order.resolved',
    details: {
      ...{ order: order.id, before: order.state, after: resolved.order.state, note: resolution.note },
      ...(resolution.pspId !== undefined && { pspId: resolution.pspId }),
    },
  });
  return resolved;
}

/**
 * Retries rejected records: the streams are read again from the first appearance of the oldest of them. A record that is valid now resolves
 * its entry.
 * @returns the streams that are read again, each with the time of the cursor where it begins (`undefined`: from the beginning)
 */
export async function retryRejectedRecords(
  store: Store,
  author: OperatorAuthor,
  entries: readonly (Pick<QuarantineKey, 'stream'> & { since: number })[],
): Promise<{ stream: Stream; cursorAt: number | undefined }[]> {
  const sinceByStream = new Map<Stream, number>();
  for (const { stream, since } of entries)
    sinceByStream.set(stream, Math.min(since, sinceByStream.get(stream) ?? Infinity));
  const starts = [];
  for (const [stream, since] of sinceByStream)
    starts.push(...(await store.operator().rereadStreams(author, [stream], since - SAFETY_MARGIN_MS)));
  return starts;
}

/** An entry is dated when its page was stored. The page was requested a little earlier. */
const SAFETY_MARGIN_MS = 10 * 60_000;
