/** Creates the OpenAPI 3.1 document of the operator API from the table of its endpoints. */
import type { OperatorEndpoint } from './endpoint.types.js';
import { CSRF_HEADER } from './session-cookie.js';
import { createObjectSchema, TEXT_SCHEMA } from './schemas.js';

const ERROR_RESPONSE = {
  description: 'The error, in words.',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
};

/**
 * Creates the document.
 * @param endpoints see `OPERATOR_ENDPOINTS`
 * @param version version of the program
 */
export function createOperatorDocument(endpoints: readonly OperatorEndpoint[], version: string): object {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const endpoint of endpoints)
    (paths[endpoint.path] ??= {})[endpoint.method.toLowerCase()] = describeOperation(endpoint);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tributary operator API',
      version,
      description:
        'See and change how a deployment works. A request needs an operator key of the deployment file, as bearer token or with a session cookie.',
    },
    servers: [{ url: '/operator/v1' }],
    security: [{ operatorKey: [] }, { session: [] }],
    paths,
    components: {
      schemas: { Error: createObjectSchema({ Title: TEXT_SCHEMA, Detail: TEXT_SCHEMA }) },
      securitySchemes: {
        operatorKey: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'tributary_session' },
      },
    },
  };
}

function describeOperation(endpoint: OperatorEndpoint): object {
  const { operationId, summary, access, query = {}, requiredQuery = [], body, method } = endpoint;
  const parameters: object[] = Object.entries(query).map(([name, schema]) => ({
    ...{ name, in: 'query', required: requiredQuery.includes(name), schema },
  }));
  if (method !== 'GET' && access !== 'public')
    parameters.push({
      ...{ name: CSRF_HEADER, in: 'header', required: false, schema: TEXT_SCHEMA },
      description: 'The csrfToken of the session. Required with a session cookie.',
    });
  return {
    ...{ operationId, summary },
    ...(access === 'public' ? { security: [] } : { 'x-scope': access }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: { ...describeSuccess(endpoint), default: ERROR_RESPONSE },
  };
}

function describeSuccess({ response, isEventStream }: OperatorEndpoint): object {
  const contentType = isEventStream ? 'text/event-stream' : 'application/json';
  return response === null
    ? { 204: { description: 'Done.' } }
    : { 200: { description: 'Success.', content: { [contentType]: { schema: response } } } };
}
