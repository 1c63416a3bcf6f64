/** The endpoints that return the unresolved entries of the quarantine: rejected records and data warnings. */
import { formatTime, type Stream } from '@tributary/connector-api';
import { ContractError } from '@tributary/connector-api/contract';
import type { QuarantineEntry } from '@tributary/feed';
import { HttpStatus } from '@nestjs/common';
import type { OperatorEndpoint } from '../endpoint.types.js';
import { decodePosition, encodePosition, toPage } from '../page-position.js';
import {
  CONNECTOR_PATH_SCHEMA,
  createObjectSchema,
  PAGE_QUERY_SCHEMAS,
  createPageSchema,
  QUARANTINE_KIND_SCHEMA,
  SEARCH_TEXT_SCHEMA,
  STREAM_SCHEMA,
  TEXT_SCHEMA,
  TIME_SCHEMA,
} from '../schemas.js';
import { requireVisibleConnector, selectConnectorPaths } from '../visible-connectors.js';

const ENTRY_FIELDS = {
  connector: CONNECTOR_PATH_SCHEMA,
  stream: STREAM_SCHEMA,
  kind: QUARANTINE_KIND_SCHEMA,
  id: TEXT_SCHEMA,
  reason: TEXT_SCHEMA,
  since: { ...TIME_SCHEMA, description: 'When the entry first appeared.' },
  'seenAt?': { ...TIME_SCHEMA, description: 'When the PSP last sent it.' },
};

/** The stored word for each word of this API. The database contains older words. */
const STORED_KINDS = { 'rejected-record': 'refusal', 'data-warning': 'finding' } as const;

export const QUARANTINE_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'GET', path: '/quarantine', operationId: 'listQuarantine', access: 'read' },
    summary: 'Lists rejected records and data warnings that are not resolved, newest first.',
    query: {
      connector: CONNECTOR_PATH_SCHEMA,
      stream: STREAM_SCHEMA,
      kind: QUARANTINE_KIND_SCHEMA,
      id: {
        ...SEARCH_TEXT_SCHEMA,
        description: 'The id of a rejected record, as the PSP has it, or of a warning.',
      },
      ...PAGE_QUERY_SCHEMAS,
    },
    response: createPageSchema(createObjectSchema(ENTRY_FIELDS)),
    async handle({ operator, query }, { deployment, store }) {
      const limit = Number(query['limit']);
      const position = decodePosition(query['after'], ['number', 'string', 'string', 'string', 'string']);
      const stream = query['stream'] as Stream | undefined;
      const kind = toStoredQuarantineKind(query['kind']);
      const entries = await store.operator().listQuarantine(
        {
          connectors: selectConnectorPaths(deployment, operator, query['connector']),
          ...(stream && { stream }),
          ...(kind && { kind }),
          ...(query['id'] !== undefined && { id: String(query['id']) }),
        },
        position && {
          ...{ since: position[0], connector: position[1], stream: position[2] as Stream },
          ...{ kind: position[3] as QuarantineEntry['kind'], id: position[4] },
        },
        limit + 1,
      );
      return toPage(entries, limit, toView, (entry) =>
        encodePosition(entry.since, entry.connector, entry.stream, entry.kind, entry.id),
      );
    },
  },
  {
    ...{ method: 'GET', path: '/quarantine/entry', operationId: 'getQuarantineEntry', access: 'read' },
    summary: 'Returns one entry with what the PSP sent, without secrets.',
    query: {
      connector: CONNECTOR_PATH_SCHEMA,
      stream: STREAM_SCHEMA,
      kind: QUARANTINE_KIND_SCHEMA,
      id: SEARCH_TEXT_SCHEMA,
    },
    requiredQuery: ['connector', 'stream', 'kind', 'id'],
    response: createObjectSchema({ ...ENTRY_FIELDS, 'raw?': TEXT_SCHEMA }),
    async handle({ operator, query }, { deployment, store }) {
      const entry = await store.operator().findQuarantineEntry({
        connector: requireVisibleConnector(deployment, operator, query['connector']).path,
        stream: query['stream'] as Stream,
        kind: toStoredQuarantineKind(query['kind']) ?? 'refusal',
        id: String(query['id']),
      });
      if (!entry)
        throw new ContractError(
          HttpStatus.NOT_FOUND,
          'No such entry',
          'The quarantine has no such entry, or it was resolved.',
        );
      return { ...toView(entry), ...(entry.raw !== undefined && { raw: entry.raw }) };
    },
  },
];

/** Converts a word of the API to the word that the database contains. */
export function toStoredQuarantineKind(kind: unknown): QuarantineEntry['kind'] | undefined {
  return STORED_KINDS[kind as keyof typeof STORED_KINDS];
}

function toView({ connector, stream, kind, id, reason, since, seenAt }: QuarantineEntry) {
  const word = kind === 'refusal' ? 'rejected-record' : 'data-warning';
  return {
    ...{ connector, stream, kind: word, id, reason, since: formatTime(since) },
    ...(seenAt !== undefined && { seenAt: formatTime(seenAt) }),
  };
}
