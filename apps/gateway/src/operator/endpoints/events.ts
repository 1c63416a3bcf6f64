/** The endpoint that tells by server-sent events which data has changed. */
import type { OperatorEndpoint } from '../endpoint.types.js';
import { EVENT_TOPICS } from '../change-events.js';
import { CONNECTOR_PATH_SCHEMA, createObjectSchema } from '../schemas.js';
import { hashSessionToken, readSessionCookie } from '../session-cookie.js';
import { listVisibleConnectors } from '../visible-connectors.js';

export const EVENT_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'GET', path: '/events', operationId: 'streamEvents', access: 'read' },
    summary:
      'Streams which data changes, as server-sent events: `change` with a topic and a connector, and `reset` if everything must be read again.',
    isEventStream: true,
    response: createObjectSchema({
      topic: { type: 'string', enum: [...EVENT_TOPICS] },
      'connector?': CONNECTOR_PATH_SCHEMA,
    }),
    async handle({ operator, http }, { deployment, changeEvents }) {
      const token = http.headers.authorization === undefined ? readSessionCookie(http) : undefined;
      const visible = new Set(listVisibleConnectors(deployment, operator).map(({ path }) => path));
      const lastEventId = http.headers['last-event-id'];
      return changeEvents.subscribe({
        operator,
        isVisible: (connector) => visible.has(connector),
        ...(token !== undefined && { sessionHash: hashSessionToken(token) }),
        ...(typeof lastEventId === 'string' && { lastEventId }),
      });
    },
  },
];
