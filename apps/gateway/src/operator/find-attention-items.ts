/**
 * Finds everything that a person must examine: failed pulls, rejected records, orders with an unknown outcome, data warnings, and secrets that
 * could not be read again.
 */
import type { Stream } from '@tributary/connector-api';
import type { Store, StreamState } from '@tributary/feed';
import { setImmediate } from 'node:timers/promises';
import type { StaleSecret } from '../config/index.js';
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
    enum: ['pull-failed', 'rejected-records', 'unknown-orders', 'data-warnings', 'stale-secrets'],
  },
  'connector?': { ...CONNECTOR_PATH_SCHEMA, description: 'Absent for the kind stale-secrets.' },
  'stream?': STREAM_SCHEMA,
  count: COUNT_SCHEMA,
  message: TEXT_SCHEMA,
});

/** A state of a connector that a person must examine. */
export interface ConnectorAttentionItem {
  kind: 'pull-failed' | 'rejected-records' | 'unknown-orders' | 'data-warnings';
  connector: string;
  stream?: Stream;
  count: number;
  message: string;
}

/** The secrets of this gateway's deployment file that could not be read again. */
export interface StaleSecretsItem {
  kind: 'stale-secrets';
  count: number;
  message: string;
}

export type AttentionItem = ConnectorAttentionItem | StaleSecretsItem;

/**
 * Describes the secrets whose earlier values a gateway uses. The message names the first one; `GET /operator/v1/deployment` lists all.
 * @returns an empty list if every secret was read
 */
export function describeStaleSecrets(secrets: readonly StaleSecret[]): StaleSecretsItem[] {
  const [first] = secrets;
  if (first === undefined) return [];
  const subject =
    secrets.length === 1
      ? 'A secret could not be read again, so the gateway uses its earlier value'
      : `${secrets.length} secrets could not be read again, so the gateway uses their earlier values. The first one`;
  return [
    {
      ...{ kind: 'stale-secrets', count: secrets.length },
      message: `${subject}: ${first.reference}: ${first.reason}`,
    },
  ];
}

/** Finds all states of connectors that a person must examine. The most urgent kinds come first. */
export async function findAttentionItems(
  store: Store,
  paths: readonly string[],
): Promise<ConnectorAttentionItem[]> {
  const unknownOrders = await store.orderQueue().countByState(paths, ['unknown']);
  const found: ConnectorAttentionItem[] = unknownOrders.map(({ connector, count }) => ({
    ...{ kind: 'unknown-orders', connector, count },
    message: `The PSP did not say what became of ${count} order${count === 1 ? '' : 's'}.`,
  }));
  const others: ConnectorAttentionItem[] = [];
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
}: StreamState): ConnectorAttentionItem[] {
  const items: ConnectorAttentionItem[] = [];
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
