/** Finds everything that a person must examine: failed pulls, rejected records, orders with an unknown outcome, and data warnings. */
import type { Stream } from '@tributary/connector-api';
import type { Store, StreamState } from '@tributary/feed';
import { setImmediate } from 'node:timers/promises';
import {
  CONNECTOR_PATH_SCHEMA,
  COUNT_SCHEMA,
  createObjectSchema,
  STREAM_SCHEMA,
  TEXT_SCHEMA,
} from './schemas.js';

/** The number of connectors that are read at a time. Other requests are served between two reads. */
const SLICE_CONNECTORS = 100;

/** The JSON schema of `AttentionItem`. */
export const ATTENTION_ITEM_SCHEMA = createObjectSchema({
  kind: {
    type: 'string',
    enum: ['pull-failed', 'rejected-records', 'unknown-orders', 'data-warnings'],
  },
  connector: CONNECTOR_PATH_SCHEMA,
  'stream?': STREAM_SCHEMA,
  count: COUNT_SCHEMA,
  message: TEXT_SCHEMA,
});

/** A state that a person must examine. */
export interface AttentionItem {
  kind: 'pull-failed' | 'rejected-records' | 'unknown-orders' | 'data-warnings';
  connector: string;
  stream?: Stream;
  count: number;
  message: string;
}

/** Finds all states that a person must examine. The most urgent kinds come first. */
export async function findAttentionItems(store: Store, paths: readonly string[]): Promise<AttentionItem[]> {
  const unknownOrders = await store.orderQueue().countByState(paths, ['unknown']);
  const found: AttentionItem[] = unknownOrders.map(({ connector, count }) => ({
    ...{ kind: 'unknown-orders', connector, count },
    message: `The PSP did not say what became of ${count} order${count === 1 ? '' : 's'}.`,
  }));
  const others: AttentionItem[] = [];
  for (let start = 0; start < paths.length; start += SLICE_CONNECTORS) {
    await setImmediate();
    const slice = paths.slice(start, start + SLICE_CONNECTORS);
    for (const state of await store.operator().listStreamStates(slice)) others.push(...judgeStream(state));
  }
  const failed = others.filter(({ kind }) => kind === 'pull-failed');
  return [...found, ...failed, ...others.filter(({ kind }) => kind !== 'pull-failed')];
}

function judgeStream({
  connector,
  stream,
  lastRun,
  rejectedRecords,
  dataWarnings,
}: StreamState): AttentionItem[] {
  const items: AttentionItem[] = [];
  if (lastRun?.error !== undefined)
    items.push({ ...{ kind: 'pull-failed', connector, stream, count: 1 }, message: lastRun.error });
  if (rejectedRecords > 0)
    items.push({
      ...{ kind: 'rejected-records', connector, stream, count: rejectedRecords },
      message: `${rejectedRecords} record${rejectedRecords === 1 ? ' is' : 's are'} rejected and not served.`,
    });
  if (dataWarnings > 0)
    items.push({
      ...{ kind: 'data-warnings', connector, stream, count: dataWarnings },
      message: `${dataWarnings} warning${dataWarnings === 1 ? '' : 's'} about the data of the PSP, e.g. a gap.`,
    });
  return items;
}
