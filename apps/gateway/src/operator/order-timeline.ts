/**
 * Builds the timeline of an order: what happened to it, the requests to the PSP with their responses, the response to the client, and the
 * rows in the feed with the clients that have read them.
 */
import { formatTime } from '@tributary/connector-api';
import type { RecordedExchange } from '@tributary/connector-api/http';
import {
  UNAUTHORIZED_READER,
  type OrderEvent,
  type OrderExchange,
  type Store,
  type StoredOrder,
  type StoredVersion,
} from '@tributary/feed';
import type { JsonSchema } from './endpoint.types.js';
import {
  BOOLEAN_SCHEMA,
  COUNT_SCHEMA,
  createListSchema,
  createObjectSchema,
  DURATION_MS_SCHEMA,
  ORDER_STATE_SCHEMA,
  TEXT_SCHEMA,
  TIME_SCHEMA,
} from './schemas.js';

/** The maximum number of rows of an order in its timeline. An order usually has two to five rows. */
const MAX_ROWS = 50;

const HEADERS_SCHEMA: JsonSchema = { type: 'object', additionalProperties: TEXT_SCHEMA };
const BODY_SCHEMA = createObjectSchema({
  bytes: { ...COUNT_SCHEMA, description: 'Size of the whole body.' },
  'text?': { ...TEXT_SCHEMA, description: 'Without secrets. Absent if the body was too large.' },
  'isTruncated?': { ...BOOLEAN_SCHEMA, description: 'Whether text is only the beginning of the body.' },
});

/** The kinds of entries. They are in this sequence if they have the same time. */
const KINDS = ['event', 'psp-request', 'answer', 'row'] as const;

export const TIMELINE_SCHEMA = createListSchema(
  createObjectSchema({
    kind: {
      type: 'string',
      enum: [...KINDS],
      description:
        'event: something happened to the order. psp-request: a request to the PSP. answer: the client was answered. row: a row was added to the feed.',
    },
    at: TIME_SCHEMA,
    'state?': { ...ORDER_STATE_SCHEMA, description: 'Of an event.' },
    'event?': { ...TEXT_SCHEMA, description: 'Of an event.' },
    'status?': { ...TEXT_SCHEMA, description: 'Of an answer or a row: the status that clients get.' },
    'sequence?': { ...COUNT_SCHEMA, description: 'Of a row: its number in the feed.' },
    'recordId?': { ...TEXT_SCHEMA, description: 'Of a row: the id of its record.' },
    'readers?': {
      ...createListSchema(createObjectSchema({ reader: TEXT_SCHEMA, lastReadAt: TIME_SCHEMA })),
      description: 'Of a row: the clients that have it, by the id of their API key.',
    },
    'action?': {
      type: 'string',
      enum: ['send', 'lookup'],
      description: 'Of a request to the PSP: whether the order was sent or looked up.',
    },
    'attempt?': { ...COUNT_SCHEMA, description: 'Of a request to the PSP: number of the attempt.' },
    'exchange?': {
      ...createObjectSchema({
        method: TEXT_SCHEMA,
        path: TEXT_SCHEMA,
        'durationMs?': {
          ...DURATION_MS_SCHEMA,
          description: 'Absent if the call ended before the response.',
        },
        'status?': { ...COUNT_SCHEMA, description: 'HTTP status. Absent without a whole response.' },
        'failure?': { ...TEXT_SCHEMA, description: 'Why there is no whole response.' },
        requestHeaders: HEADERS_SCHEMA,
        'requestBody?': BODY_SCHEMA,
        'responseHeaders?': HEADERS_SCHEMA,
        'responseBody?': BODY_SCHEMA,
      }),
      description: 'Of a request to the PSP: the request and the response.',
    },
  }),
);

interface TimelineEntry {
  kind: (typeof KINDS)[number];
  /** Milliseconds since 1970. */
  at: number;
  [property: string]: unknown;
}

/** Returns the entries of the timeline, oldest first. */
export async function buildOrderTimeline(
  store: Store,
  order: StoredOrder,
  history: readonly OrderEvent[],
): Promise<object[]> {
  const exchanges = await store.orderExchanges().findByOrder(order.id);
  const entries: TimelineEntry[] = [
    ...exchanges.map(toRequestEntry),
    ...history.map(({ at, state, event }): TimelineEntry => ({ kind: 'event', at, state, event })),
    ...toAnswerEntries(order),
    ...(await findRowEntries(store, order)),
  ];
  return entries
    .sort((a, b) => a.at - b.at || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind))
    .map(({ at, ...entry }) => ({ ...entry, at: formatTime(at) }));
}

function toRequestEntry({ at, action, attempt, body }: OrderExchange): TimelineEntry {
  const exchange = JSON.parse(body) as Omit<RecordedExchange, 'at'>;
  return { kind: 'psp-request', at, action, attempt, exchange };
}

function toAnswerEntries({ response, respondedAt }: StoredOrder): TimelineEntry[] {
  if (response === undefined || respondedAt === undefined) return [];
  const { status } = JSON.parse(response) as { status: string };
  return [{ kind: 'answer', at: respondedAt, status }];
}

async function findRowEntries(store: Store, { connector, id }: StoredOrder): Promise<TimelineEntry[]> {
  const repository = store.operator();
  const versions = [
    ...(await repository.findVersions(connector, 'transactions', id, MAX_ROWS)),
    ...(await repository.findVersions(connector, 'transactions', `${id}-return`, MAX_ROWS)),
  ];
  if (versions.length === 0) return [];
  const { rows } = await (await store.feed(connector, 'transactions')).head();
  const positions = (await store.findReaderPositions([connector])).filter(
    ({ stream, reader }) => stream === 'transactions' && reader !== UNAUTHORIZED_READER,
  );
  return versions.map((version) => {
    const readers = positions
      .filter(({ rowsBehind }) => rowsBehind !== undefined && version.sequence <= rows - rowsBehind)
      .map(({ reader, requestedAt }) => ({ reader, lastReadAt: formatTime(requestedAt) }));
    return { ...toRowEntry(version), readers };
  });
}

function toRowEntry({ sequence, feedTime, recordId, body }: StoredVersion): TimelineEntry {
  return { kind: 'row', at: feedTime, sequence, recordId, ...readStatus(body) };
}

/** Returns the status of a row. A row that was altered in the database may not be JSON. */
function readStatus(body: string): { status?: string } {
  try {
    const { status } = JSON.parse(body) as { status?: unknown };
    return typeof status === 'string' ? { status } : {};
  } catch {
    return {};
  }
}
