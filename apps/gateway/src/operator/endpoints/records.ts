/** The endpoints that search records in a feed, and that return the versions of one record with the readers that have received them. */
import {
  formatTime,
  TRANSACTION_STATUSES,
  TRANSACTION_TYPES,
  tryEncodeId,
  type Stream,
} from '@tributary/connector-api';
import { ContractError } from '@tributary/connector-api/contract';
import { UNAUTHORIZED_READER, type StoredVersion } from '@tributary/feed';
import { HttpStatus } from '@nestjs/common';
import type { OperatorEndpoint, OperatorRequest } from '../endpoint.types.js';
import { decodePosition, encodePosition, type PageOf } from '../page-position.js';
import { parseTimeParameter } from '../parse-time-parameter.js';
import {
  AMOUNT_SCHEMA,
  ANY_OBJECT_SCHEMA,
  ASSET_SCHEMA,
  BOOLEAN_SCHEMA,
  CONNECTOR_PATH_SCHEMA,
  COUNT_SCHEMA,
  createListSchema,
  createObjectSchema,
  PAGE_QUERY_SCHEMAS,
  createPageSchema,
  SEARCH_TEXT_SCHEMA,
  STREAM_SCHEMA,
  TEXT_SCHEMA,
  TIME_SCHEMA,
} from '../schemas.js';
import { parseRecord, searchRecords, type RecordFilter } from '../search-records.js';
import { requireVisibleConnector } from '../visible-connectors.js';

const VERSION = createObjectSchema({
  sequence: { ...COUNT_SCHEMA, description: 'Number of the row in the feed.' },
  feedTime: TIME_SCHEMA,
  id: { ...TEXT_SCHEMA, description: 'The id as served.' },
  record: {
    anyOf: [ANY_OBJECT_SCHEMA, { type: 'null' }],
    description: 'The JSON as served; null if the row was altered in the database.',
  },
});

/** The maximum number of versions of a record in one response. */
const MAX_VERSIONS = 100;

export const RECORD_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'GET', path: '/records', operationId: 'searchRecords', access: 'read' },
    summary:
      'Searches a feed, newest rows first. A search ends after a time limit: an answer can have few items or none, and go on with `next`.',
    query: {
      connector: CONNECTOR_PATH_SCHEMA,
      stream: STREAM_SCHEMA,
      id: { ...SEARCH_TEXT_SCHEMA, description: 'The id as served, or as the PSP has it.' },
      account: { ...SEARCH_TEXT_SCHEMA, description: 'The account, the source or the destination.' },
      amount: AMOUNT_SCHEMA,
      asset: { ...ASSET_SCHEMA, maxLength: 64 },
      status: { type: 'string', enum: [...TRANSACTION_STATUSES] },
      type: { type: 'string', enum: [...TRANSACTION_TYPES] },
      text: {
        ...SEARCH_TEXT_SCHEMA,
        maxLength: 200,
        description: 'A part of the JSON of the record, in any case.',
      },
      from: { ...TEXT_SCHEMA, description: 'Feed time, RFC 3339 or a date: from this time on.' },
      to: { ...TEXT_SCHEMA, description: 'Feed time, RFC 3339 or a date: before this time.' },
      ...PAGE_QUERY_SCHEMAS,
    },
    requiredQuery: ['connector', 'stream'],
    response: createPageSchema(VERSION),
    async handle({ operator, query }, { deployment, store }): Promise<PageOf<object>> {
      const { path } = requireVisibleConnector(deployment, operator, query['connector']);
      const stream = query['stream'] as Stream;
      const limit = Number(query['limit']);
      const repository = store.operator();
      if (query['id'] !== undefined) {
        const versions = await repository.findVersions(path, stream, toServedId(query['id']), MAX_VERSIONS);
        return { items: versions.map((version) => toView(version)), next: null };
      }
      const [before] = decodePosition(query['after'], ['number']) ?? [];
      const [fromMs, toMs] = [
        parseTimeParameter('from', query['from']),
        parseTimeParameter('to', query['to']),
      ];
      const upperBound = Math.min(before ?? Infinity, toMs ?? Infinity);
      const { found, continueBeforeMs } = await searchRecords(
        repository,
        {
          ...{ connector: path, stream, limit },
          ...(fromMs !== undefined && { fromMs }),
          ...(upperBound !== Infinity && { toMs: upperBound }),
        },
        toFilter(query),
      );
      return {
        items: found.map(({ version, record }) => toView(version, record)),
        next: continueBeforeMs === undefined ? null : encodePosition(continueBeforeMs),
      };
    },
  },
  {
    ...{ method: 'GET', path: '/record', operationId: 'getRecord', access: 'read' },
    summary: 'Returns the versions of one record, newest first, and which readers have them.',
    query: { connector: CONNECTOR_PATH_SCHEMA, stream: STREAM_SCHEMA, id: SEARCH_TEXT_SCHEMA },
    requiredQuery: ['connector', 'stream', 'id'],
    response: createObjectSchema({
      versions: createListSchema(VERSION),
      hasMoreVersions: BOOLEAN_SCHEMA,
      readers: createListSchema(
        createObjectSchema({
          reader: { ...TEXT_SCHEMA, description: 'Id of the API key.' },
          'rowsBehind?': COUNT_SCHEMA,
          lastReadAt: TIME_SCHEMA,
          'hasSequence?': {
            ...COUNT_SCHEMA,
            description: 'The newest of these versions that the reader has.',
          },
        }),
      ),
    }),
    async handle({ operator, query }, { deployment, store }) {
      const { path } = requireVisibleConnector(deployment, operator, query['connector']);
      const stream = query['stream'] as Stream;
      const id = toServedId(query['id']);
      const versions = await store.operator().findVersions(path, stream, id, MAX_VERSIONS + 1);
      if (versions.length === 0)
        throw new ContractError(
          HttpStatus.NOT_FOUND,
          'No such record',
          'The feed has no record with this id.',
        );
      const shown = versions.slice(0, MAX_VERSIONS);
      const feed = await store.feed(path, stream);
      const { rows } = await feed.head();
      const positions = (await store.findReaderPositions([path])).filter(
        (position) => position.stream === stream && position.reader !== UNAUTHORIZED_READER,
      );
      return {
        versions: shown.map((version) => toView(version)),
        hasMoreVersions: versions.length > MAX_VERSIONS,
        readers: positions.map(({ reader, rowsBehind, requestedAt }) => {
          const readUpTo = rowsBehind === undefined ? -1 : rows - rowsBehind;
          const newest = shown.find(({ sequence }) => sequence <= readUpTo);
          return {
            ...{ reader, lastReadAt: formatTime(requestedAt) },
            ...(rowsBehind !== undefined && { rowsBehind }),
            ...(newest && { hasSequence: newest.sequence }),
          };
        }),
      };
    },
  },
];

function toView({ sequence, feedTime, recordId, body }: StoredVersion, record = parseRecord(body)): object {
  return { sequence, feedTime: formatTime(feedTime), id: recordId, record: record ?? null };
}

function toFilter(query: OperatorRequest['query']): RecordFilter {
  const { account } = query;
  const names = ['amount', 'asset', 'status', 'type', 'text'] as const;
  const texts = names.flatMap((name) => (query[name] === undefined ? [] : [[name, String(query[name])]]));
  return {
    ...(Object.fromEntries(texts) as RecordFilter),
    ...(account !== undefined && { account: toServedId(account) }),
  };
}

/**
 * Returns the id as served to clients. An id that already has this form stays unchanged. Any other id is taken for an id of the PSP, and is
 * encoded.
 */
function toServedId(id: OperatorRequest['query'][string]): string {
  const text = String(id);
  return SERVED_ID_PATTERN.test(text) ? text : (tryEncodeId(text) ?? text);
}

const SERVED_ID_PATTERN = /^(?:[A-Za-z0-9._-]|~[0-9A-F]{2})+$/;
