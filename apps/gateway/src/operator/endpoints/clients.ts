/** The endpoint that lists the clients of the gateway. Each API key is one client, with its position in each feed. */
import { deriveReaderIdFromHash, SCOPES } from '@tributary/auth';
import { formatTime } from '@tributary/connector-api';
import { UNAUTHORIZED_READER, type ReaderPosition } from '@tributary/feed';
import type { ConnectorConfig } from '../../config/index.js';
import type { OperatorEndpoint } from '../endpoint.types.js';
import { takePage } from '../page-position.js';
import {
  BOOLEAN_SCHEMA,
  CONNECTOR_PATH_SCHEMA,
  COUNT_SCHEMA,
  DURATION_MS_SCHEMA,
  createListSchema,
  createObjectSchema,
  PAGE_QUERY_SCHEMAS,
  createPageSchema,
  STREAM_SCHEMA,
  TEXT_SCHEMA,
  TIME_SCHEMA,
} from '../schemas.js';
import { selectConnectors } from '../visible-connectors.js';

const CLIENT = createObjectSchema({
  reader: { ...TEXT_SCHEMA, description: 'Id of the API key. It reveals neither the key nor its hash.' },
  isConfigured: { ...BOOLEAN_SCHEMA, description: 'Whether the deployment file still has the key.' },
  scopes: createListSchema({ type: 'string', enum: [...SCOPES] }),
  'lastSeenAt?': TIME_SCHEMA,
  streams: createListSchema(
    createObjectSchema({
      stream: STREAM_SCHEMA,
      requests: COUNT_SCHEMA,
      lastReadAt: TIME_SCHEMA,
      'rowsBehind?': { ...COUNT_SCHEMA, description: 'Rows that the client does not have yet.' },
      'pollIntervalMs?': DURATION_MS_SCHEMA,
    }),
  ),
});

export const CLIENT_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'GET', path: '/clients', operationId: 'listClients', access: 'read' },
    summary:
      'Lists the connectors with their clients: when each was last seen, and how many rows it is behind.',
    query: { connector: CONNECTOR_PATH_SCHEMA, ...PAGE_QUERY_SCHEMAS },
    response: createPageSchema(
      createObjectSchema({
        connector: CONNECTOR_PATH_SCHEMA,
        clients: createListSchema(CLIENT),
        unauthorizedRequests: { ...COUNT_SCHEMA, description: 'Requests for lists without a valid key.' },
      }),
    ),
    async handle({ operator, query }, { deployment, store }) {
      const connectors = selectConnectors(deployment, operator, query['connector']);
      const { items, next } = takePage(connectors, query, ({ path }) => path);
      const positions = Map.groupBy(
        await store.findReaderPositions(items.map(({ path }) => path)),
        ({ connector }) => connector,
      );
      return { items: items.map((config) => toView(config, positions.get(config.path) ?? [])), next };
    },
  },
];

function toView({ path, apiKeys }: ConnectorConfig, positions: readonly ReaderPosition[]) {
  const scopesByReader = new Map(
    apiKeys.map(({ hash, scopes }) => [deriveReaderIdFromHash(hash), scopes] as const),
  );
  const byReader = Map.groupBy(positions, ({ reader }) => reader);
  const unauthorized = byReader.get(UNAUTHORIZED_READER) ?? [];
  byReader.delete(UNAUTHORIZED_READER);
  const readers = new Set([...scopesByReader.keys(), ...byReader.keys()]);
  return {
    connector: path,
    clients: [...readers].map((reader) =>
      toClientView(reader, scopesByReader.get(reader), byReader.get(reader) ?? []),
    ),
    unauthorizedRequests: unauthorized.reduce((sum, { requests }) => sum + requests, 0),
  };
}

function toClientView(
  reader: string,
  scopes: readonly string[] | undefined,
  positions: readonly ReaderPosition[],
) {
  return {
    ...{ reader, isConfigured: scopes !== undefined, scopes: scopes ?? [] },
    ...(positions.length > 0 && {
      lastSeenAt: formatTime(Math.max(...positions.map(({ requestedAt }) => requestedAt))),
    }),
    streams: positions.map(({ stream, requests, requestedAt, rowsBehind, intervalMs }) => ({
      ...{ stream, requests, lastReadAt: formatTime(requestedAt) },
      ...(rowsBehind !== undefined && { rowsBehind }),
      ...(intervalMs !== undefined && { pollIntervalMs: Math.round(intervalMs) }),
    })),
  };
}
