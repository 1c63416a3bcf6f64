/** The endpoints for the actions of operators on streams: pull now, pause, resume, and read again. */
import { formatTime, STREAMS, type Stream } from '@tributary/connector-api';
import type { OperatorAuthor } from '@tributary/feed';
import type { OperatorEndpoint, OperatorRequest, OperatorServices } from '../endpoint.types.js';
import { parseTimeParameter } from '../parse-time-parameter.js';
import {
  CONNECTOR_PATH_SCHEMA,
  createListSchema,
  createObjectSchema,
  STREAM_SCHEMA,
  TEXT_SCHEMA,
  TIME_SCHEMA,
} from '../schemas.js';
import { requireVisibleConnector } from '../visible-connectors.js';

const STREAMS_BODY = {
  connector: CONNECTOR_PATH_SCHEMA,
  'streams?': {
    ...createListSchema(STREAM_SCHEMA),
    minItems: 1,
    description: 'Without it: all streams of the connector.',
  },
};
const CHANGED_STREAMS = createObjectSchema({
  streams: {
    ...createListSchema(STREAM_SCHEMA),
    description: 'The streams that were changed. A stream that was never pulled is left out.',
  },
});

export const STREAM_ACTION_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'POST', path: '/streams/pull', operationId: 'pullStreams', access: 'operate' },
    summary:
      'Pulls streams now, also while they wait after a failure. A rate limit of the PSP still applies.',
    body: createObjectSchema(STREAMS_BODY),
    response: CHANGED_STREAMS,
    async handle(request, services) {
      const { author, streams } = parseStreams(request, services);
      const changed = await services.store.operator().requestPulls(author, streams);
      services.retryPulls(author.connector, streams);
      return { streams: changed };
    },
  },
  {
    ...{ method: 'POST', path: '/streams/pause', operationId: 'pauseStreams', access: 'operate' },
    summary:
      'Pauses streams: no gateway pulls them until they are resumed. Clients still read what is stored.',
    body: createObjectSchema(STREAMS_BODY),
    response: CHANGED_STREAMS,
    async handle(request, services) {
      const { author, streams } = parseStreams(request, services);
      return { streams: await services.store.operator().pauseStreams(author, streams) };
    },
  },
  {
    ...{ method: 'POST', path: '/streams/resume', operationId: 'resumeStreams', access: 'operate' },
    summary: 'Resumes paused streams, and pulls them now.',
    body: createObjectSchema(STREAMS_BODY),
    response: CHANGED_STREAMS,
    async handle(request, services) {
      const { author, streams } = parseStreams(request, services);
      const changed = await services.store.operator().resumeStreams(author, streams);
      services.retryPulls(author.connector, streams);
      return { streams: changed };
    },
  },
  {
    ...{ method: 'POST', path: '/streams/reread', operationId: 'rereadStreams', access: 'operate' },
    summary:
      'Reads everything again that changed at the PSP since a time. Unchanged records get no new version.',
    body: createObjectSchema({
      ...STREAMS_BODY,
      from: { ...TEXT_SCHEMA, description: 'RFC 3339 or a date.' },
    }),
    response: createObjectSchema({
      streams: createListSchema(
        createObjectSchema({
          stream: STREAM_SCHEMA,
          'readsFrom?': {
            ...TIME_SCHEMA,
            description: 'The stored position that is used; absent: from the beginning of the list.',
          },
        }),
      ),
    }),
    async handle(request, services) {
      const { author, streams } = parseStreams(request, services);
      const fromMs = parseTimeParameter('from', request.body['from']) ?? 0;
      const starts = await services.store.operator().rereadStreams(author, streams, fromMs);
      services.retryPulls(author.connector, streams);
      return { streams: starts.map(toRereadView) };
    },
  },
];

/** Creates the response to a request to read a stream again. It contains the stream, and the time from which the stream is read. */
export function toRereadView({ stream, cursorAt }: { stream: Stream; cursorAt: number | undefined }) {
  return { stream, ...(cursorAt !== undefined && { readsFrom: formatTime(cursorAt) }) };
}

function parseStreams(
  request: OperatorRequest,
  services: OperatorServices,
): { author: OperatorAuthor; streams: readonly Stream[] } {
  return {
    author: toOperatorAuthor(request, services, request.body['connector']),
    streams: (request.body['streams'] as Stream[] | undefined) ?? STREAMS,
  };
}

/**
 * Returns the author of a change to a connector.
 * @throws ContractError 404 for a connector that the operator may not see
 */
export function toOperatorAuthor(
  { operator }: OperatorRequest,
  { deployment }: OperatorServices,
  connector: unknown,
): OperatorAuthor {
  const { path, tenant } = requireVisibleConnector(deployment, operator, connector);
  return { by: operator.name, via: 'api', connector: path, ...(tenant !== undefined && { tenant }) };
}
