/** Reads the status of streams for operators: lag, last run, quarantine, and the positions of the readers. */
import { formatTime, type Stream } from '@tributary/connector-api';
import { UNAUTHORIZED_READER, type ReaderPosition, type Store, type StreamState } from '@tributary/feed';
import {
  BOOLEAN_SCHEMA,
  COUNT_SCHEMA,
  DURATION_MS_SCHEMA,
  createObjectSchema,
  STREAM_SCHEMA,
  TEXT_SCHEMA,
  TIME_SCHEMA,
} from './schemas.js';

/** The status of one stream. Times are RFC 3339. */
export interface FeedStreamStatus {
  stream: Stream;
  rows: number;
  lastRowAt?: string;
  caughtUpAt?: string;
  lagMs?: number;
  nextPullAt?: string;
  isPulling: boolean;
  pausedAt?: string;
  rejectedRecords: number;
  dataWarnings: number;
  lastRun?: {
    startedAt: string;
    durationMs: number;
    records: number;
    added: number;
    changed: number;
    rejected: number;
    error?: string;
  };
  readers: number;
  maxRowsBehind?: number;
  lastReadAt?: string;
}

/** The JSON schema of `FeedStreamStatus`. */
export const STREAM_STATUS_SCHEMA = createObjectSchema({
  stream: STREAM_SCHEMA,
  rows: { ...COUNT_SCHEMA, description: 'Rows in the feed.' },
  'lastRowAt?': { ...TIME_SCHEMA, description: 'Feed time of the newest row.' },
  'caughtUpAt?': { ...TIME_SCHEMA, description: 'When a pull last reached the end of the list at the PSP.' },
  'lagMs?': { ...DURATION_MS_SCHEMA, description: 'Time since `caughtUpAt`.' },
  'nextPullAt?': { ...TIME_SCHEMA, description: 'Absent if an operator requested a pull at once.' },
  isPulling: BOOLEAN_SCHEMA,
  'pausedAt?': { ...TIME_SCHEMA, description: 'When an operator paused the stream.' },
  rejectedRecords: COUNT_SCHEMA,
  dataWarnings: COUNT_SCHEMA,
  'lastRun?': createObjectSchema({
    startedAt: TIME_SCHEMA,
    durationMs: DURATION_MS_SCHEMA,
    records: COUNT_SCHEMA,
    added: COUNT_SCHEMA,
    changed: COUNT_SCHEMA,
    rejected: COUNT_SCHEMA,
    'error?': TEXT_SCHEMA,
  }),
  readers: COUNT_SCHEMA,
  'maxRowsBehind?': { ...COUNT_SCHEMA, description: 'Rows that the slowest reader does not have yet.' },
  'lastReadAt?': { ...TIME_SCHEMA, description: 'When a reader last asked for the stream.' },
});

/**
 * Reads the status of the streams of these connectors.
 * @returns a function that returns the streams of one connector
 */
export async function readStreamStatus(
  store: Store,
  paths: readonly string[],
): Promise<(path: string) => FeedStreamStatus[]> {
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

function toStreamView(state: StreamState, readers: readonly ReaderPosition[], now: number): FeedStreamStatus {
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

function toLastRunView(run: NonNullable<StreamState['lastRun']>): NonNullable<FeedStreamStatus['lastRun']> {
  const { startedAt, duration, records, added, changed, refused, error } = run;
  return {
    ...{ startedAt: formatTime(startedAt), durationMs: duration },
    ...{ records, added, changed, rejected: refused },
    ...(error !== undefined && { error }),
  };
}
