/**
 * Types of the endpoints of the operator API. The route, the validation and the OpenAPI document are created from the same definition of an
 * endpoint.
 */
import type { OperatorKey, OperatorScope } from '@tributary/auth';
import type { Stream } from '@tributary/connector-api';
import type { Store } from '@tributary/feed';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Deployment } from '../config/index.js';
import type { OperatorAuthenticator } from './authenticate-operator.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Dependencies that all endpoints use. */
export interface OperatorServices {
  store: Store;
  deployment: Deployment;
  authenticator: OperatorAuthenticator;
  /** Makes this gateway pull streams at once, even if they wait after a failure. Other gateways find the request in the store. */
  retryPulls: (connector: string, streams: readonly Stream[]) => void;
  /** Version of the program. */
  version: string;
}

/** An authorized request with its validated parameters. */
export interface OperatorRequest {
  operator: OperatorKey;
  /** The parameters of the URL by name. An absent parameter is `undefined` or has the default of its schema. */
  query: Readonly<Record<string, string | number | boolean | undefined>>;
  /** The JSON object of the body; empty for requests without a body. */
  body: Readonly<Record<string, unknown>>;
  http: FastifyRequest;
  reply: FastifyReply;
}

export interface OperatorEndpoint {
  method: 'GET' | 'POST' | 'DELETE';
  /** Path after `/operator/v1`, e.g. `/overview`. */
  path: string;
  /** Name of the operation in the OpenAPI document, e.g. `getOverview`. */
  operationId: string;
  /** Description of the endpoint in one sentence. */
  summary: string;
  /** The scope that the key must have; `public` for requests without a key. */
  access: OperatorScope | 'public';
  /** JSON schemas of the parameters by name. */
  query?: Readonly<Record<string, JsonSchema>>;
  requiredQuery?: readonly string[];
  /** JSON schema of the request body. */
  body?: JsonSchema;
  /** JSON schema of the response; `null` for a response without a body (204). */
  response: JsonSchema | null;
  /** Returns the body of the response. */
  handle(request: OperatorRequest, services: OperatorServices): Promise<unknown>;
}
