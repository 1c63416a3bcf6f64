/**
 * Authorizes the requests of each route. A route of a connector needs a key of that connector, unless the configuration of the route
 * defines another access. A route that belongs to no connector and does not set `access` cannot be registered. The code uses Fastify hooks
 * instead of Nest guards, because they are faster: docs/decisions/0007-path-of-a-page-request.md.
 */
import {
  createAuthorizer,
  EMPTY_KEY_SET,
  type Authorizer,
  type FailureLimiter,
  type ApiKeySet,
} from '@tributary/auth';
import type { FastifyInstance, FastifyRequest, onRequestHookHandler, RouteOptions } from 'fastify';
import { getRequestedConnectorPath, findConnectorPath } from './shared-route-table.js';

/** Marks requests that a key authorized. The mark is a symbol, so it cannot conflict with a property of Fastify. */
const IS_AUTHORIZED = Symbol('IS_AUTHORIZED');

declare module 'fastify' {
  interface FastifyRequest {
    [IS_AUTHORIZED]?: boolean;
  }
  interface FastifyContextConfig {
    /**
     * The key that a request to the route must contain. `public`: no key. `operator`: an operator key. If this property is absent, a request
     * must contain a key of the connector in its path.
     */
    access?: 'public' | 'operator';
  }
}

export interface KeySets {
  /** The API keys by connector path. */
  connectors: ReadonlyMap<string, ApiKeySet>;
  operator: ApiKeySet;
}

export function installRouteAuthorization(
  fastify: FastifyInstance,
  keySets: KeySets,
  limiter: FailureLimiter,
): void {
  const authorizers = new Map(
    [...keySets.connectors].map(([path, keys]) => [path, createAuthorizer(keys, limiter)]),
  );
  const authorizeOperator = createAuthorizer(keySets.operator, limiter);
  const denyAll = createAuthorizer(EMPTY_KEY_SET, limiter);
  const authorizeSharedRoute: RequestAuthorizer = (request) =>
    (authorizers.get(getRequestedConnectorPath(request)) ?? denyAll)(request);
  const findConnectorAuthorizer = (url: string) =>
    authorizers.get(findConnectorPath(url, authorizers) ?? '') ?? throwUnprotectedRoute(url);
  const findAuthorizer = ({ url, config }: RouteOptions): RequestAuthorizer | undefined => {
    switch (config?.access) {
      case 'public':
        return undefined;
      case 'operator':
        return authorizeOperator;
      case undefined:
        return config?.sharedRoute === undefined ? findConnectorAuthorizer(url) : authorizeSharedRoute;
    }
  };
  fastify.decorateRequest(IS_AUTHORIZED, false);
  fastify.addHook('onRoute', (route) => {
    const authorizer = findAuthorizer(route);
    if (authorizer !== undefined) route.onRequest = [createHook(authorizer), ...toHookList(route.onRequest)];
  });
}

/** Returns true if the route needs a key and the request has a valid key. */
export function isAuthorized(request: FastifyRequest): boolean {
  return request[IS_AUTHORIZED] ?? false;
}

type RequestAuthorizer = (request: FastifyRequest) => ReturnType<Authorizer>;

function createHook(authorizer: RequestAuthorizer): onRequestHookHandler {
  return (request, _reply, done) => {
    try {
      authorizer(request);
      request[IS_AUTHORIZED] = true;
    } catch (error) {
      return done(error as Error);
    }
    done();
  };
}

function throwUnprotectedRoute(url: string): never {
  throw new Error(
    `the route ${url} has no authorization, because it belongs to no connector; ` +
      "add @RouteConfig({ access: 'operator' }) or, if every caller may use it, @RouteConfig({ access: 'public' })",
  );
}

function toHookList(hooks: RouteOptions['onRequest']): onRequestHookHandler[] {
  if (hooks === undefined) return [];
  return Array.isArray(hooks) ? hooks : [hooks];
}
