/** The list of all endpoints of the operator API. */
import type { OperatorEndpoint } from '../endpoint.types.js';
import { createOperatorDocument } from '../openapi-document.js';
import { ANY_OBJECT_SCHEMA } from '../schemas.js';
import { AUDIT_ENDPOINTS } from './audit.js';
import { BALANCE_ENDPOINTS } from './balances.js';
import { BREAK_ACTION_ENDPOINTS } from './break-actions.js';
import { CLIENT_ENDPOINTS } from './clients.js';
import { CONNECTOR_ENDPOINTS } from './connectors.js';
import { DEPLOYMENT_ENDPOINTS } from './deployment.js';
import { EVENT_ENDPOINTS } from './events.js';
import { ORDER_ENDPOINTS } from './orders.js';
import { OVERVIEW_ENDPOINTS } from './overview.js';
import { QUARANTINE_ENDPOINTS } from './quarantine.js';
import { RECONCILIATION_ENDPOINTS } from './reconciliation.js';
import { RECORD_ENDPOINTS } from './records.js';
import { RUN_ENDPOINTS } from './runs.js';
import { QUARANTINE_ACTION_ENDPOINTS } from './quarantine-actions.js';
import { ORDER_ACTION_ENDPOINTS } from './order-actions.js';
import { STREAM_ACTION_ENDPOINTS } from './stream-actions.js';
import { SESSION_ENDPOINTS } from './session.js';

const ENDPOINTS: readonly OperatorEndpoint[] = [
  ...SESSION_ENDPOINTS,
  ...OVERVIEW_ENDPOINTS,
  ...CONNECTOR_ENDPOINTS,
  ...STREAM_ACTION_ENDPOINTS,
  ...RUN_ENDPOINTS,
  ...RECORD_ENDPOINTS,
  ...QUARANTINE_ENDPOINTS,
  ...QUARANTINE_ACTION_ENDPOINTS,
  ...ORDER_ENDPOINTS,
  ...ORDER_ACTION_ENDPOINTS,
  ...BALANCE_ENDPOINTS,
  ...CLIENT_ENDPOINTS,
  ...RECONCILIATION_ENDPOINTS,
  ...BREAK_ACTION_ENDPOINTS,
  ...AUDIT_ENDPOINTS,
  ...DEPLOYMENT_ENDPOINTS,
  ...EVENT_ENDPOINTS,
];

export const OPERATOR_ENDPOINTS: readonly OperatorEndpoint[] = [
  ...ENDPOINTS,
  {
    ...{ method: 'GET', path: '/openapi.json', operationId: 'getOpenApiDocument', access: 'read' },
    summary: 'Returns the OpenAPI document of this API.',
    response: ANY_OBJECT_SCHEMA,
    handle: async (_request, { version }) => createOperatorDocument(ENDPOINTS, version),
  },
];
