/**
 * Authorizes requests for each route. A route of a connector needs a key of that connector, unless its configuration says otherwise.
 * A route that belongs to no connector and does not set `access` cannot be registered.
 * Authorization uses Fastify hooks instead of Nest guards for speed: docs/decisions/hot-path.md.
 */
import { doorOf, NO_KEYS, type Door, type FailureLimiter, type KeyRing } from '@tributary/auth';
import type { FastifyInstance, FastifyRequest, onRequestHookHandler, RouteOptions } from 'fastify';
import { askedConnector, connectorPath } from './mounted-routes.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `public` needs no key, and `operator` needs an operator key. If absent, the route needs a key of the connector in its path. */
    door?: 'open' | 'operator';
  }
}

export interface Rings {
  /** API keys by connector path. */
  connectors: ReadonlyMap<string, KeyRing>;
  operator: KeyRing;
}

export function guardRoutes(fastify: FastifyInstance, rings: Rings, limiter: FailureLimiter): void {
  const doors = new Map([...rings.connectors].map(([path, ring]) => [path, doorOf(ring, limiter)]));
  const operator = doorOf(rings.operator, limiter);
  const nobody = doorOf(NO_KEYS, limiter);
  const shared: RequestDoor = (request) => (doors.get(askedConnector(request)) ?? nobody)(request);
  const own = (url: string) => doors.get(connectorPath(url, doors) ?? '') ?? notGuarded(url);
  const doorFor = ({ url, config }: RouteOptions): RequestDoor | undefined => {
    switch (config?.door) {
      case 'open':
        return undefined;
      case 'operator':
        return operator;
      case undefined:
        return config?.mounted === undefined ? own(url) : shared;
    }
  };
  fastify.addHook('onRoute', (route) => {
    const door = doorFor(route);
    if (door !== undefined) route.onRequest = [hookOf(door), ...listOf(route.onRequest)];
  });
}

type RequestDoor = (request: FastifyRequest) => ReturnType<Door>;

function hookOf(door: RequestDoor): onRequestHookHandler {
  return (request, _reply, done) => {
    try {
      door(request);
    } catch (error) {
      return done(error as Error);
    }
    done();
  };
}

function notGuarded(url: string): never {
  throw new Error(
    `nobody guards the route ${url}: it is under no connector; ` +
      "say @RouteConfig({ door: 'operator' }) or, where everybody may come in, @RouteConfig({ door: 'open' })",
  );
}

function listOf(hooks: RouteOptions['onRequest']): onRequestHookHandler[] {
  if (hooks === undefined) return [];
  return Array.isArray(hooks) ? hooks : [hooks];
}
