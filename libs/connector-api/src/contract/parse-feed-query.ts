/** Parses the request for the rows of a feed: `GET <path>/feed/{stream}?after=&limit=&wait=&epoch=`. */
import type { FastifyRequest } from 'fastify';
import { translateOrDefault } from '../mapping/translate-word.js';
import { STREAMS, type Stream } from '../plugin.js';
import { createInvalidParameterError } from './create-invalid-parameter-error.js';

/** The form in which the rows are sent: a JSON object, one JSON line per row, or server-sent events. */
export type FeedFormat = 'json' | 'ndjson' | 'events';

/** A validated request for the rows of a feed. */
export interface FeedQuery {
  stream: Stream;
  /** The sequence number of the last row that the client has received; 0 for none. */
  after: number;
  /**
   * The epoch that the client received together with this row; it changes when the store is restored. `undefined` if the request contains
   * no epoch.
   */
  epoch: number | undefined;
  limit: number;
  /** The maximum time in ms for which the response waits for a new row, if there is none yet. */
  waitMs: number;
  format: FeedFormat;
}

export const DEFAULT_FEED_LIMIT = 100;
export const MAX_FEED_LIMIT = 1_000;
const MAX_WAIT_MS = 30_000;
const POSITION_PATTERN = /^(\d{1,10})-(\d{1,15})$/;
const WAIT_PATTERN = /^(\d{1,5})(ms|s)$/;

const FORMAT_BY_TYPE: Readonly<Record<string, FeedFormat>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'text/event-stream': 'events',
};

/**
 * Parses and validates the request for the rows of a feed.
 * @throws ContractError 422 with the parameter, the value found and the values expected
 */
export function parseFeedQuery(request: FastifyRequest): FeedQuery {
  const query = request.query as Readonly<Record<string, unknown>>;
  const { stream } = request.params as { stream: string };
  const format = parseFormat(request.headers.accept);
  const resumed = format === 'events' ? parsePosition(request.headers['last-event-id']) : undefined;
  return {
    stream: parseStream(stream),
    after:
      resumed?.after ?? parseNumber('after', query['after'], { default: 0, max: Number.MAX_SAFE_INTEGER }),
    epoch: resumed?.epoch ?? parseEpoch(query['epoch']),
    limit: parseNumber('limit', query['limit'], { default: DEFAULT_FEED_LIMIT, min: 1, max: MAX_FEED_LIMIT }),
    waitMs: parseWait(query['wait']),
    format,
  };
}

function parseStream(value: string): Stream {
  const stream = STREAMS.find((name) => name === value);
  if (stream === undefined)
    throw createInvalidParameterError('the stream', value, `one of ${STREAMS.join(', ')}`);
  return stream;
}

/** Returns the format of the first known media type in the header `Accept`. A quality (`;q=`) is ignored. */
function parseFormat(accept: string | undefined): FeedFormat {
  for (const type of (accept ?? '').split(',')) {
    const mediaType = type.split(';')[0]?.trim().toLowerCase() ?? '';
    const format = translateOrDefault<FeedFormat | undefined>(FORMAT_BY_TYPE, mediaType, undefined);
    if (format !== undefined) return format;
  }
  return 'json';
}

/** Parses the header `Last-Event-ID`, which a client of server-sent events sends when it reconnects: `<epoch>-<sequence>`. */
function parsePosition(
  lastEventId: string | string[] | undefined,
): { epoch: number; after: number } | undefined {
  if (lastEventId === undefined || lastEventId === '') return undefined;
  const [, epoch, after] = POSITION_PATTERN.exec(String(lastEventId)) ?? [];
  if (epoch === undefined || after === undefined) {
    throw createInvalidParameterError(
      'Last-Event-ID',
      lastEventId,
      'the id of an event of this feed, e.g. 1-250',
    );
  }
  return { epoch: Number(epoch), after: Number(after) };
}

function parseEpoch(value: unknown): number | undefined {
  return isAbsent(value)
    ? undefined
    : parseNumber('epoch', value, { default: 0, max: Number.MAX_SAFE_INTEGER });
}

function parseNumber(
  name: string,
  value: unknown,
  { default: defaultValue, min = 0, max }: { default: number; min?: number; max: number },
): number {
  if (isAbsent(value)) return defaultValue;
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : -1;
  if (number < min || number > max) {
    throw createInvalidParameterError(name, value, `one whole number from ${min} to ${max}`);
  }
  return number;
}

function parseWait(value: unknown): number {
  if (isAbsent(value)) return 0;
  const [, digits, unit] = (typeof value === 'string' && WAIT_PATTERN.exec(value)) || [];
  const waitMs = digits === undefined ? -1 : Number(digits) * (unit === 's' ? 1000 : 1);
  if (waitMs < 0 || waitMs > MAX_WAIT_MS) {
    throw createInvalidParameterError(
      'wait',
      value,
      `one time up to ${MAX_WAIT_MS / 1000}s, e.g. 30s or 500ms`,
    );
  }
  return waitMs;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === '';
}
