/**
 * The routes that all connectors have, in Fastify once for all of them: Nest mounts the controllers of each connector under its path,
 * and what it hands over for `/acme/house-bank/accounts` becomes a handler in the table of `/:tenant/:connector/accounts`. A route of
 * Fastify's own needs ten times the memory, which a thousand connectors would need while nobody asks them: docs/scaling.md.
 */
import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Behind the connector's path: `/accounts/:accountId/balances`. Of routes that connectors share. */
    mounted?: string;
  }
}

type RouteHandler = (request: FastifyRequest, reply: FastifyReply) => unknown;
type Register = (url: string, handler: RouteHandler) => unknown;

/** What is mounted, by path: `house-bank`, `acme/house-bank`. */
export interface Mounted {
  has(path: string): boolean;
}

export class MountedRoutes {
  /** By method and shared URL, then by the path of the connector. */
  private readonly tables = new Map<string, Map<string, RouteHandler>>();

  constructor(private readonly connectors: Mounted) {}

  /**
   * @param args of Nest: the route's URL and its handler
   * @param register takes the shared route at the server, with its first connector, or a route that is no connector's, as it is
   */
  add(method: string, args: unknown[], register: Register): void {
    const [url, handler] = args as [url: string, handler: RouteHandler];
    const connector = connectorPath(url, this.connectors);
    if (connector === undefined) {
      register(url, handler);
      return;
    }
    const route = url.slice(connector.length + 1);
    const shared = (connector.includes('/') ? '/:tenant/:connector' : '/:connector') + route;
    const config = configOf(handler);
    const key = `${method} ${shared}`;
    let table = this.tables.get(key);
    if (table === undefined) {
      table = new Map();
      this.tables.set(key, table);
      register(shared, dispatcher(table, route, config));
    }
    forgetMetadata(handler);
    // Lists are answered by `lists.ts`: what Nest made for them is not kept.
    if (config.list === undefined) table.set(connector, handler);
  }
}

/** `/acme/house-bank/accounts` → `acme/house-bank`; no connector has the name of a tenant, so one of both is mounted. */
export function connectorPath(url: string, mounted: Mounted): string | undefined {
  const [, first = '', second = ''] = url.split('/', 3);
  const nested = `${first}/${second}`;
  if (mounted.has(nested)) return nested;
  return mounted.has(first) ? first : undefined;
}

function dispatcher(
  table: ReadonlyMap<string, RouteHandler>,
  route: string,
  config: FastifyContextConfig,
): RouteHandler {
  const dispatch: RouteHandler = (request, reply) => {
    const handler = table.get(askedConnector(request));
    return handler === undefined ? reply.callNotFound() : handler(request, reply);
  };
  RouteConfig({ ...config, mounted: route })(dispatch);
  return dispatch;
}

function configOf(handler: RouteHandler): FastifyContextConfig {
  return (Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler) ?? {}) as FastifyContextConfig;
}

/** Nest copies all that the decorators said of a method to each handler of it, for servers that look there. Nobody does any more. */
function forgetMetadata(handler: RouteHandler): void {
  for (const key of Reflect.getOwnMetadataKeys(handler)) Reflect.deleteMetadata(key as string, handler);
}

/** The path under which a request on a shared route looks for its connector; there may be none of that name. */
export function askedConnector({ params }: Pick<FastifyRequest, 'params'>): string {
  const { tenant, connector } = params as { tenant?: string; connector: string };
  // An escaped slash is none: it would lead to one connector on two ways.
  if (connector.includes('/')) return '';
  return tenant === undefined ? connector : `${tenant}/${connector}`;
}

/** @returns `/acme/house-bank/accounts`, with the names of other parameters; `undefined` when nothing is served where the request went. */
export function servedRoute(request: FastifyRequest, connectors: Mounted): string | undefined {
  if (request.is404) return undefined;
  const { url, config } = request.routeOptions;
  if (config.mounted === undefined) return url;
  const connector = askedConnector(request);
  return connectors.has(connector) ? `/${connector}${config.mounted}` : undefined;
}
