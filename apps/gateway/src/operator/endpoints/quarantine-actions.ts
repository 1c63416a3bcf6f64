/** The endpoints for the actions of operators on entries of the quarantine: retrying rejected records, and dismissing entries. */
import { STREAMS, type Stream } from '@tributary/connector-api';
import { ContractError } from '@tributary/connector-api/contract';
import type { Store } from '@tributary/feed';
import { HttpStatus } from '@nestjs/common';
import { retryRejectedRecords, type RejectedRecords } from '../operator-actions.js';
import type { OperatorEndpoint } from '../endpoint.types.js';
import {
  CONNECTOR_PATH_SCHEMA,
  COUNT_SCHEMA,
  createListSchema,
  createObjectSchema,
  QUARANTINE_KIND_SCHEMA,
  SEARCH_TEXT_SCHEMA,
  STREAM_SCHEMA,
  TIME_SCHEMA,
} from '../schemas.js';
import { toStoredQuarantineKind } from './quarantine.js';
import { toOperatorAuthor, toRereadView } from './stream-actions.js';

export const QUARANTINE_ACTION_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'POST', path: '/quarantine/retry', operationId: 'retryQuarantine', access: 'operate' },
    summary:
      'Retries rejected records: their streams are read again from when the oldest first appeared. A record that is valid now resolves its entry.',
    body: createObjectSchema({
      connector: CONNECTOR_PATH_SCHEMA,
      'stream?': STREAM_SCHEMA,
      'id?': { ...SEARCH_TEXT_SCHEMA, description: 'One record; without it all rejected records.' },
    }),
    response: createObjectSchema({
      records: COUNT_SCHEMA,
      streams: createListSchema(createObjectSchema({ stream: STREAM_SCHEMA, 'readsFrom?': TIME_SCHEMA })),
    }),
    async handle(request, services) {
      const { body } = request;
      const author = toOperatorAuthor(request, services, body['connector']);
      const stream = body['stream'] as Stream | undefined;
      const id = body['id'] as string | undefined;
      const found =
        id === undefined
          ? await findAllRejected(services.store, author.connector, stream)
          : await findRejectedById(services.store, author.connector, stream, id);
      if (found.length === 0) throw createNoEntryError();
      const starts = await retryRejectedRecords(services.store, author, found);
      services.retryPulls(
        author.connector,
        starts.map((start) => start.stream),
      );
      return {
        records: found.reduce((sum, { count }) => sum + count, 0),
        streams: starts.map(toRereadView),
      };
    },
  },
  {
    ...{
      method: 'POST',
      path: '/quarantine/dismiss',
      operationId: 'dismissQuarantineEntry',
      access: 'operate',
    },
    summary: 'Dismisses an entry. It stays away while the PSP sends the record with the same fault.',
    body: createObjectSchema({
      connector: CONNECTOR_PATH_SCHEMA,
      stream: STREAM_SCHEMA,
      kind: QUARANTINE_KIND_SCHEMA,
      id: SEARCH_TEXT_SCHEMA,
      note: { ...SEARCH_TEXT_SCHEMA, description: 'Why it is not a problem. The audit log keeps it.' },
    }),
    response: null,
    async handle(request, services) {
      const { body } = request;
      const author = toOperatorAuthor(request, services, body['connector']);
      const key = {
        stream: body['stream'] as Stream,
        kind: toStoredQuarantineKind(body['kind']) ?? 'refusal',
        id: String(body['id']),
      };
      if (!(await services.store.operator().dismissEntry(author, key, String(body['note']))))
        throw createNoEntryError();
    },
  },
];

async function findAllRejected(
  store: Store,
  connector: string,
  stream: Stream | undefined,
): Promise<RejectedRecords[]> {
  return store
    .operator()
    .summarizeQuarantine({ connectors: [connector], kind: 'refusal', ...(stream && { stream }) });
}

/**
 * Finds the rejected records with an id. Without a stream, all streams are searched, because two streams can contain a record with the same
 * id.
 */
async function findRejectedById(
  store: Store,
  connector: string,
  stream: Stream | undefined,
  id: string,
): Promise<RejectedRecords[]> {
  const found: RejectedRecords[] = [];
  for (const each of stream === undefined ? STREAMS : [stream]) {
    const key = { connector, stream: each, kind: 'refusal', id } as const;
    const entry = await store.operator().findQuarantineEntry(key);
    if (entry) found.push({ stream: each, count: 1, oldestSince: entry.since });
  }
  return found;
}

function createNoEntryError(): ContractError {
  return new ContractError(
    HttpStatus.NOT_FOUND,
    'No such entry',
    'The quarantine has no such entry, or it was resolved. Nothing was changed.',
  );
}
