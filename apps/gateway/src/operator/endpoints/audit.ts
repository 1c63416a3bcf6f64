/** The endpoint of the audit log, which lists every change that an operator made. */
import { formatTime } from '@tributary/connector-api';
import type { OperatorEndpoint } from '../endpoint.types.js';
import { decodePosition, encodePosition, toPage } from '../page-position.js';
import {
  ANY_OBJECT_SCHEMA,
  CONNECTOR_PATH_SCHEMA,
  COUNT_SCHEMA,
  createObjectSchema,
  PAGE_QUERY_SCHEMAS,
  createPageSchema,
  TEXT_SCHEMA,
  TIME_SCHEMA,
} from '../schemas.js';

export const AUDIT_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'GET', path: '/audit', operationId: 'listAuditEvents', access: 'read' },
    summary: 'Lists the changes that operators made, newest first.',
    query: PAGE_QUERY_SCHEMAS,
    response: createPageSchema(
      createObjectSchema({
        sequence: COUNT_SCHEMA,
        at: TIME_SCHEMA,
        by: { ...TEXT_SCHEMA, description: 'Name of the operator key, or of the user of the command line.' },
        via: { type: 'string', enum: ['api', 'command-line'] },
        action: { ...TEXT_SCHEMA, description: 'For example stream.pull-requested.' },
        'connector?': CONNECTOR_PATH_SCHEMA,
        details: ANY_OBJECT_SCHEMA,
      }),
    ),
    async handle({ operator, query }, { store }) {
      const limit = Number(query['limit']);
      const [before] = decodePosition(query['after'], ['number']) ?? [];
      const events = await store.operator().listAuditEvents(operator.tenant, before, limit + 1);
      return toPage(
        events,
        limit,
        ({ seq, at, by, via, action, connector, details }) => ({
          ...{ sequence: seq, at: formatTime(at), by, via, action, details },
          ...(connector !== undefined && { connector }),
        }),
        ({ seq }) => encodePosition(seq),
      );
    },
  },
];
