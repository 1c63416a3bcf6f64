/**
 * Types of the endpoints of the operator API. The route, the validation and the OpenAPI document are created from the same definition of an
 * endpoint.
 */
import type { OperatorKey, OperatorScope } from '@tributary/auth';
import type { Stream } from '@tributary/connector-api';
import type { Store } from '@tributary/feed';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Deployment } from '../config/index.js';
import type { DeploymentReloader } from '../reload/deployment-reloader.js';
import type { ChangeEvents } from './change-events.js';
import type { OperatorAuthenticator } from './authenticate-operator.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** The objects that the endpoints need. */
export interface OperatorServices {
  store: Store;
  deployment: Deployment;
  authenticator: OperatorAuthenticator;
  /** Makes this gateway pull streams at once, even if they wait after a failure. Other gateways find the request in the store. */
  retryPulls: (connector: string, streams: readonly Stream[]) => void;
  /** Reloads the deployment file; absent if the gateway was not started with a deployment file. */
  reloader?: DeploymentReloader | undefined;
  /** Tells operators which data has changed. */
  changeEvents: ChangeEvents;
  /** The version of the program. */
  version: string;
}

/** An authorized request with its validated parameters. */
export interface OperatorRequest {
  operator: OperatorKey;
  /** The parameters of the URL by name. If a parameter is absent, its value is `undefined` or the default of its schema. */
  query: Readonly<Record<string, string | number | boolean | undefined>>;
  /** The JSON object of the body. It is empty for a request without a body. */
  body: Readonly<Record<string, unknown>>;
  http: FastifyRequest;
  reply: FastifyReply;
}

export interface OperatorEndpoint {
  method: 'GET' | 'POST' | 'DELETE';
  /** The path after `/operator/v1`, e.g. `/overview`. */
  path: string;
  /** The name of the operation in the OpenAPI document, e.g. `getOverview`. */
  operationId: string;
  /** The description of the endpoint in one sentence. */
  summary: string;
  /** The scope that the key must have; `public` for requests without a key. */
  access: OperatorScope | 'public';
  /** The JSON schemas of the parameters, by name. */
  query?: Readonly<Record<string, JsonSchema>>;
  requiredQuery?: readonly string[];
  /** The JSON schema of the request body. */
  body?: JsonSchema;
  /** The JSON schema of the response; `null` for a response without a body (204). */
  response: JsonSchema | null;
  /** True if `handle` returns a stream of server-sent events. `response` is then the schema of the data of an event. */
  isEventStream?: true;
  /** Returns the body of the response. */
  handle(request: OperatorRequest, services: OperatorServices): Promise<unknown>;
}
