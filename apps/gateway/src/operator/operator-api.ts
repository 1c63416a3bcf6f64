/**
 * Registers the operator API under `/operator/v1`. Each endpoint gets a Fastify route, which authorizes its requests and validates their
 * parameters. The routes are registered directly in Fastify and not in Nest, because the routes and the OpenAPI document come from the same
 * table of endpoints.
 */
import { FailureLimiter, OperatorKeySet } from '@tributary/auth';
import { parseJsonBody, createUnprocessableError } from '@tributary/connector-api/contract';
import { Ajv, type ErrorObject } from 'ajv';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { OperatorAuthenticator } from './authenticate-operator.js';
import type { JsonSchema, OperatorEndpoint, OperatorRequest, OperatorServices } from './endpoint.types.js';
import { OPERATOR_ENDPOINTS } from './endpoints/index.js';

const OPERATOR_API_PATH = '/operator/v1';

/**
 * The limits of failed log-ins. A person may mistype a key a few times. A program that guesses keys gets 429 for all wrong keys, except for
 * one key every ten seconds. A right key is always accepted.
 */
const LOGIN_LIMITS = { burst: 10, refillPerSecond: 0.1 };

/** Creates the limiter of failed log-ins. A gateway has one, so that a reload of the deployment file does not forget failures. */
export function createLoginLimiter(): FailureLimiter {
  return new FailureLimiter(LOGIN_LIMITS);
}

export function installOperatorApi(
  fastify: FastifyInstance,
  parts: Omit<OperatorServices, 'authenticator'> & { loginLimiter?: FailureLimiter },
): void {
  const authenticator = new OperatorAuthenticator(
    new OperatorKeySet(parts.deployment.operatorKeys),
    parts.store.operator(),
    parts.loginLimiter ?? createLoginLimiter(),
  );
  const services = { ...parts, authenticator };
  const validators: Validators = {
    // The parameters of a URL are strings, so they are converted to the types of their schemas.
    query: new Ajv({ coerceTypes: true, useDefaults: true, strict: false }),
    body: new Ajv({ strict: false }),
  };
  for (const endpoint of OPERATOR_ENDPOINTS) {
    const handle = createHandler(endpoint, services, validators);
    fastify.route({
      method: endpoint.method,
      url: `${OPERATOR_API_PATH}${endpoint.path}`,
      // The route is public for Fastify, because the handler itself authorizes the request: a session must be read from the store.
      config: { access: 'public' },
      handler: handle,
    });
  }
}

/**
 * Validators that compile a schema at the first request for it, and keep the result. Compiling all schemas at the start would delay the
 * start of every gateway.
 */
type Validators = Record<'query' | 'body', Ajv>;

function createHandler(endpoint: OperatorEndpoint, services: OperatorServices, validators: Validators) {
  const querySchema = {
    type: 'object',
    properties: endpoint.query ?? {},
    required: endpoint.requiredQuery ?? [],
    additionalProperties: false,
  };
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    // Responses contain business data, so they must not be cached.
    void reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
    const operator =
      endpoint.access === 'public'
        ? PUBLIC_CALLER
        : await services.authenticator.authorize(request, endpoint.access, endpoint.method !== 'GET');
    const query = { ...(request.query as Record<string, unknown>) };
    assertValid(validators.query, querySchema, query, 'Invalid parameter');
    const body = endpoint.body ? parseJsonBody(request) : {};
    if (endpoint.body) assertValid(validators.body, endpoint.body, body, 'Invalid body');
    const result = await endpoint.handle(
      { operator, query: query as OperatorRequest['query'], body, http: request, reply },
      services,
    );
    if (endpoint.isEventStream)
      return (
        reply
          .header('content-type', 'text/event-stream')
          // A proxy that buffers the response would delay the events.
          .header('x-accel-buffering', 'no')
          .send(result)
      );
    if (endpoint.response === null) return reply.code(204).send();
    // The body is a Buffer. For a string, Fastify would add a charset to the content type, and the content type of JSON has no charset.
    return reply.header('content-type', 'application/json').send(Buffer.from(JSON.stringify(result)));
  };
}

/** The caller of an endpoint that needs no key. This caller has no access to data. */
const PUBLIC_CALLER = { hash: Buffer.alloc(0), name: '', scopes: [], tenant: '' } as const;

function assertValid(validator: Ajv, schema: JsonSchema, value: unknown, title: string): void {
  if (validator.validate(schema, value)) return;
  throw createUnprocessableError(title, describeProblem(validator.errors?.[0]));
}

/** Describes the property and the rule of a validation error. The value is never included, because it could be a key. */
function describeProblem(error: ErrorObject | undefined): string {
  if (!error) return 'The value is not valid.';
  const { instancePath, keyword, params, message } = error;
  const name = instancePath.slice(1).replaceAll('/', '.');
  if (keyword === 'required') return `${String(params['missingProperty'])} is missing.`;
  if (keyword === 'additionalProperties')
    return `There is no parameter ${JSON.stringify(String(params['additionalProperty']).slice(0, 64))} here.`;
  const allowed = keyword === 'enum' ? `: ${(params['allowedValues'] as string[]).join(', ')}` : '';
  return `${name} ${message ?? 'is not valid'}${allowed}.`;
}
