/** The endpoint that lists the stored runs (results of pulls) of a connector's streams. */
import { formatTime } from '@tributary/connector-api';
import type { Stream } from '@tributary/connector-api';
import type { OperatorEndpoint } from '../endpoint.types.js';
import { decodePosition, encodePosition, toPage } from '../page-position.js';
import {
  BOOLEAN_SCHEMA,
  CONNECTOR_PATH_SCHEMA,
  COUNT_SCHEMA,
  DURATION_MS_SCHEMA,
  createObjectSchema,
  PAGE_QUERY_SCHEMAS,
  createPageSchema,
  STREAM_SCHEMA,
  TEXT_SCHEMA,
  TIME_SCHEMA,
} from '../schemas.js';
import { requireVisibleConnector } from '../visible-connectors.js';

const RUN = createObjectSchema({
  connector: CONNECTOR_PATH_SCHEMA,
  stream: STREAM_SCHEMA,
  startedAt: TIME_SCHEMA,
  durationMs: DURATION_MS_SCHEMA,
  pages: COUNT_SCHEMA,
  records: COUNT_SCHEMA,
  added: COUNT_SCHEMA,
  changed: COUNT_SCHEMA,
  rejected: COUNT_SCHEMA,
  'error?': TEXT_SCHEMA,
});

export const RUN_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'GET', path: '/runs', operationId: 'listRuns', access: 'read' },
    summary:
      'Lists the recorded runs of a connector, newest first. Of runs that found nothing new, one for every ten minutes is recorded.',
    query: {
      connector: CONNECTOR_PATH_SCHEMA,
      stream: STREAM_SCHEMA,
      failed: { ...BOOLEAN_SCHEMA, description: 'Only runs that ended with an error.' },
      ...PAGE_QUERY_SCHEMAS,
    },
    requiredQuery: ['connector'],
    response: createPageSchema(RUN),
    async handle({ operator, query }, { deployment, store }) {
      const { path } = requireVisibleConnector(deployment, operator, query['connector']);
      const limit = Number(query['limit']);
      const position = decodePosition(query['after'], ['number', 'string']);
      const stream = query['stream'] as Stream | undefined;
      const runs = await store
        .operator()
        .listSyncRuns(
          { connector: path, ...(stream && { stream }), onlyFailed: query['failed'] === true },
          position && { startedAt: position[0], stream: position[1] as Stream },
          limit + 1,
        );
      return toPage(
        runs,
        limit,
        ({ startedAt, duration, refused, connector, stream, pages, records, added, changed, error }) => ({
          ...{ connector, stream, startedAt: formatTime(startedAt), durationMs: duration },
          ...{ pages, records, added, changed, rejected: refused },
          ...(error !== undefined && { error }),
        }),
        (run) => encodePosition(run.startedAt, run.stream),
      );
    },
  },
];
