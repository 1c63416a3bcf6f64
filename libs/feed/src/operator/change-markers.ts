/**
 * Reads short texts that change when the data of a connector changes. A gateway compares them with those of the previous read to tell its
 * consoles what is new. The cost of a read does not depend on the number of rows, orders or consoles.
 */
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { ChangeMarkers, ChangeTopic } from '../types/operator.types.js';

/** The maximum number of orders that are compared: those whose next action is due first. */
const MAX_ORDERS = 200;
/** The maximum number of audit events of one read. If there are more, the next read returns them. */
const MAX_AUDIT_EVENTS = 200;

/** @param afterAuditSeq only later audit events are returned; `undefined` to return only the number of the newest event */
export async function readChangeMarkers(
  adapter: DatabaseAdapter,
  afterAuditSeq: number | undefined,
): Promise<ChangeMarkers> {
  const markers: ChangeMarkers['markers'] = new Map();
  const add = (topic: ChangeTopic, connector: string, ...values: unknown[]) => {
    const key = `${topic} ${connector}`;
    const known = markers.get(key);
    markers.set(key, { topic, connector, text: `${known?.text ?? ''}${values.join(',')};` });
  };
  const { reader } = adapter;
  const feeds = await reader
    .selectFrom('feeds')
    .select(['connector', 'stream', 'head_seq', 'caught_up_at', 'due_at', 'paused_at', 'holder'])
    .orderBy('id')
    .execute();
  for (const { connector, ...feed } of feeds) add('streams', connector, ...Object.values(feed));
  const readers = await reader
    .selectFrom('reader_positions')
    .select(['connector', 'reader', 'stream', 'requests'])
    .orderBy('connector')
    .orderBy('reader')
    .orderBy('stream')
    .execute();
  for (const { connector, ...position } of readers) add('clients', connector, ...Object.values(position));
  for (const { connector, ...order } of await readOpenOrders(adapter))
    add('orders', connector, ...Object.values(order));
  return { markers, ...(await readAuditEvents(adapter, afterAuditSeq)) };
}

/** Returns the orders on which a gateway works, and those that are due first. Both are found by an index. */
async function readOpenOrders({ reader }: DatabaseAdapter) {
  const columns = ['connector', 'id', 'state', 'entries'] as const;
  const held = await reader
    .selectFrom('orders')
    .select(columns)
    .where('holder', 'is not', null)
    .orderBy('holder')
    .limit(MAX_ORDERS)
    .execute();
  const due = await reader
    .selectFrom('orders')
    .select(columns)
    .where('next_at', 'is not', null)
    .orderBy('next_at')
    .limit(MAX_ORDERS)
    .execute();
  // The sequence of due orders changes with each lookup, so the orders are sorted by their id.
  return [...held, ...due].sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function readAuditEvents({ reader }: DatabaseAdapter, afterSeq: number | undefined) {
  if (afterSeq === undefined) {
    const newest = await reader
      .selectFrom('audit_events')
      .select('seq')
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    return { auditSeq: newest?.seq ?? 0, auditEvents: [] };
  }
  const rows = await reader
    .selectFrom('audit_events')
    .select(['seq', 'tenant', 'connector'])
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .limit(MAX_AUDIT_EVENTS)
    .execute();
  const auditEvents = rows.map(({ tenant, connector }) => ({
    ...(tenant !== null && { tenant }),
    ...(connector !== null && { connector }),
  }));
  return { auditSeq: rows.at(-1)?.seq ?? afterSeq, auditEvents };
}
