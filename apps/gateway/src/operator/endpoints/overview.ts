/** The overview: the state of every stream, and what needs a person. */
import { formatTime, type Stream } from '@tributary/connector-api';
import { UNAUTHORIZED_READER, type ReaderPosition, type StreamState } from '@tributary/feed';
import { setImmediate } from 'node:timers/promises';
import type { OperatorEndpoint, OperatorServices } from '../endpoint.types.js';
import { decodePosition, encodePosition, toPage } from '../page-position.js';
import {
  CONNECTOR_PATH,
  COUNT,
  DURATION_MS,
  listOf,
  objectOf,
  PAGE_QUERY,
  pageOf,
  STREAM,
  TEXT,
  TIME,
  BOOLEAN,
} from '../schemas.js';
import { listVisibleConnectors } from '../visible-connectors.js';

const STREAM_STATUS = objectOf({
  stream: STREAM,
  rows: { ...COUNT, description: 'Rows in the feed.' },
  'lastRowAt?': { ...TIME, description: 'Feed time of the newest row.' },
  'caughtUpAt?': { ...TIME, description: 'When a pull last reached the end of the list at the PSP.' },
  'lagMs?': { ...DURATION_MS, description: 'Time since `caughtUpAt`.' },
  'nextPullAt?': { ...TIME, description: 'Absent if an operator requested a pull at once.' },
  isPulling: BOOLEAN,
  'pausedAt?': { ...TIME, description: 'When an operator paused the stream.' },
  rejectedRecords: COUNT,
  dataWarnings: COUNT,
  'lastRun?': objectOf({
    startedAt: TIME,
    durationMs: DURATION_MS,
    records: COUNT,
    added: COUNT,
    changed: COUNT,
    rejected: COUNT,
    'error?': TEXT,
  }),
  readers: COUNT,
  'maxRowsBehind?': { ...COUNT, description: 'Rows that the slowest reader does not have yet.' },
  'lastReadAt?': { ...TIME, description: 'When a reader last asked for the stream.' },
});

const CONNECTOR_STATUS = objectOf({
  connector: CONNECTOR_PATH,
  'tenant?': TEXT,
  plugin: TEXT,
  syncIntervalMs: DURATION_MS,
  streams: listOf(STREAM_STATUS),
});

const ATTENTION = objectOf({
  kind: {
    type: 'string',
    enum: ['pull-failed', 'rejected-records', 'unknown-orders', 'data-warnings'],
  },
  connector: CONNECTOR_PATH,
  'stream?': STREAM,
  count: COUNT,
  message: TEXT,
});

export const OVERVIEW_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'GET', path: '/overview', operationId: 'listStreamStatus', access: 'read' },
    summary: 'Lists the connectors with the state of each of their streams, sorted by path.',
    query: PAGE_QUERY,
    response: pageOf(CONNECTOR_STATUS),
    async handle({ operator, query }, services) {
      const limit = Number(query['limit']);
      const [after = ''] = decodePosition(query['after'], ['string']) ?? [];
      const connectors = listVisibleConnectors(services.deployment, operator)
        .filter(({ path }) => path > after)
        .slice(0, limit + 1);
      const states = await readConnectorStates(
        services,
        connectors.map(({ path }) => path),
      );
      return toPage(
        connectors,
        limit,
        ({ path, tenant, plugin, syncIntervalMs }) => ({
          connector: path,
          ...(tenant !== undefined && { tenant }),
          ...{ plugin: plugin.name, syncIntervalMs, streams: states(path) },
        }),
        ({ path }) => encodePosition(path),
      );
    },
  },
  {
    ...{ method: 'GET', path: '/attention', operationId: 'listAttention', access: 'read' },
    summary:
      'Lists what needs a person: failed pulls, rejected records, orders with an unknown outcome, data warnings such as gaps. At most 100 entries.',
    response: objectOf({ items: listOf(ATTENTION), total: COUNT }),
    async handle({ operator }, services) {
      const paths = listVisibleConnectors(services.deployment, operator).map(({ path }) => path);
      const items = await findAttention(services, paths);
      return { items: items.slice(0, MAX_ATTENTION_ITEMS), total: items.length };
    },
  },
];

const MAX_ATTENTION_ITEMS = 100;
/** Number of connectors that are read at a time. Other requests are served in between. */
const SLICE_CONNECTORS = 100;

/** Reads the states of these connectors. @returns a function that returns the streams of a connector */
export async function readConnectorStates(
  { store }: Pick<OperatorServices, 'store'>,
  paths: readonly string[],
): Promise<(path: string) => object[]> {
  const [states, positions, now] = await Promise.all([
    store.operator().listStreamStates(paths),
    store.findReaderPositions(paths),
    store.currentTime(),
  ]);
  const readers = Map.groupBy(
    positions.filter(({ reader }) => reader !== UNAUTHORIZED_READER),
    ({ connector, stream }) => `${connector} ${stream}`,
  );
  const byConnector = Map.groupBy(states, ({ connector }) => connector);
  return (path) =>
    (byConnector.get(path) ?? []).map((state) =>
      toStreamView(state, readers.get(`${path} ${state.stream}`) ?? [], now),
    );
}

function toStreamView(state: StreamState, readers: readonly ReaderPosition[], now: number): object {
  const { stream, rows, lastRowAt, caughtUpAt, dueAt, isPulling, rejectedRecords, dataWarnings } = state;
  const behind = readers.flatMap(({ rowsBehind }) => (rowsBehind === undefined ? [] : [rowsBehind]));
  return {
    ...{ stream, rows, isPulling, rejectedRecords, dataWarnings },
    ...(lastRowAt !== undefined && { lastRowAt: formatTime(lastRowAt) }),
    ...(caughtUpAt !== undefined && {
      caughtUpAt: formatTime(caughtUpAt),
      lagMs: Math.max(0, now - caughtUpAt),
    }),
    ...(state.pausedAt !== undefined && { pausedAt: formatTime(state.pausedAt) }),
    ...(dueAt !== undefined && { nextPullAt: formatTime(dueAt) }),
    ...(state.lastRun && { lastRun: toLastRunView(state.lastRun) }),
    readers: readers.length,
    ...(behind.length > 0 && { maxRowsBehind: Math.max(...behind) }),
    ...(readers.length > 0 && {
      lastReadAt: formatTime(Math.max(...readers.map(({ requestedAt }) => requestedAt))),
    }),
  };
}

function toLastRunView(run: NonNullable<StreamState['lastRun']>): object {
  const { startedAt, duration, records, added, changed, refused, error } = run;
  return {
    ...{ startedAt: formatTime(startedAt), durationMs: duration },
    ...{ records, added, changed, rejected: refused },
    ...(error !== undefined && { error }),
  };
}

/** Something that needs a person. */
interface AttentionItem {
  kind: 'pull-failed' | 'rejected-records' | 'unknown-orders' | 'data-warnings';
  connector: string;
  stream?: Stream;
  count: number;
  message: string;
}

/** Finds everything that needs a person, the most urgent kinds first. */
export async function findAttention(
  { store }: Pick<OperatorServices, 'store'>,
  paths: readonly string[],
): Promise<AttentionItem[]> {
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
