/**
 * Registers each route only once in Fastify, for all connectors. Nest registers the controllers of each connector under the connector's
 * path. The handler for `/acme/house-bank/accounts` is stored in a table of the shared route `/:tenant/:connector/accounts`. A separate
 * Fastify route for each connector would need ten times the memory: docs/explanation/scaling.md.
 */
import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The part of the URL after the connector path, e.g. `/accounts/:accountId/balances`. The property is set only for shared routes. */
    sharedRoute?: string;
  }
}

type RouteHandler = (request: FastifyRequest, reply: FastifyReply) => unknown;
type RegisterRoute = (url: string, handler: RouteHandler) => unknown;

/** The connectors by their path, e.g. `house-bank` or `acme/house-bank`. */
export interface ConnectorPathSet {
  has(path: string): boolean;
}

export class SharedRouteTable {
  /** The handlers by method and shared URL, and then by connector path. */
  private readonly tables = new Map<string, Map<string, RouteHandler>>();

  constructor(private readonly connectors: ConnectorPathSet) {}

  /**
   * Adds a route that Nest registers.
   * @param args the arguments from Nest: the route's URL and its handler
   * @param register registers a route in Fastify: the shared route with its first connector, or a route that belongs to no connector
   */
  add(method: string, args: unknown[], register: RegisterRoute): void {
    const [url, handler] = args as [url: string, handler: RouteHandler];
    const connector = findConnectorPath(url, this.connectors);
    if (connector === undefined) {
      register(url, handler);
      return;
    }
    const route = url.slice(connector.length + 1);
    const sharedUrl = (connector.includes('/') ? '/:tenant/:connector' : '/:connector') + route;
    const config = readRouteConfig(handler);
    const key = `${method} ${sharedUrl}`;
    let table = this.tables.get(key);
    if (table === undefined) {
      table = new Map();
      this.tables.set(key, table);
      register(sharedUrl, createDispatcher(table, route, config));
    }
    deleteMetadata(handler);
    // The handlers of lists are not stored, because `list-fast-path.ts` serves the lists.
    if (config.list === undefined) table.set(connector, handler);
  }
}

/**
 * Finds the connector of a URL: `/acme/house-bank/accounts` → `acme/house-bank`. The result is unique, because connectors and tenants never
 * have the same name.
 */
export function findConnectorPath(url: string, connectors: ConnectorPathSet): string | undefined {
  const [, first = '', second = ''] = url.split('/', 3);
  const nested = `${first}/${second}`;
  if (connectors.has(nested)) return nested;
  return connectors.has(first) ? first : undefined;
}

function createDispatcher(
  table: ReadonlyMap<string, RouteHandler>,
  route: string,
  config: FastifyContextConfig,
): RouteHandler {
  const dispatch: RouteHandler = (request, reply) => {
    const handler = table.get(getRequestedConnectorPath(request));
    return handler === undefined ? reply.callNotFound() : handler(request, reply);
  };
  RouteConfig({ ...config, sharedRoute: route })(dispatch);
  return dispatch;
}

function readRouteConfig(handler: RouteHandler): FastifyContextConfig {
  return (Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler) ?? {}) as FastifyContextConfig;
}

/** Deletes the decorator metadata that Nest copies to each handler. It is not needed after the route has been registered. */
function deleteMetadata(handler: RouteHandler): void {
  for (const key of Reflect.getOwnMetadataKeys(handler)) Reflect.deleteMetadata(key as string, handler);
}

/** Returns the connector path of a request on a shared route. There may be no connector with this path. */
export function getRequestedConnectorPath({ params }: Pick<FastifyRequest, 'params'>): string {
  const { tenant, connector } = params as { tenant?: string; connector: string };
  // A path parameter with `%2F` is rejected, because a connector must not be reachable under two URLs.
  if (connector.includes('/')) return '';
  return tenant === undefined ? connector : `${tenant}/${connector}`;
}

/**
 * Returns the matched route with placeholders for the parameters after the connector path, e.g. `/acme/house-bank/accounts`.
 * @returns `undefined` if no route matched
 */
export function findMatchedRoute(request: FastifyRequest, connectors: ConnectorPathSet): string | undefined {
  if (request.is404) return undefined;
  const { url, config } = request.routeOptions;
  if (config.sharedRoute === undefined) return url;
  const connector = findRequestedConnector(request, connectors);
  return connector === undefined ? undefined : `/${connector}${config.sharedRoute}`;
}

/** Returns the path of the connector whose shared route matched the request. The result is `undefined` if there is no such connector. */
export function findRequestedConnector(
  request: FastifyRequest,
  connectors: ConnectorPathSet,
): string | undefined {
  if (request.is404 || request.routeOptions.config.sharedRoute === undefined) return undefined;
  const connector = getRequestedConnectorPath(request);
  return connectors.has(connector) ? connector : undefined;
}
