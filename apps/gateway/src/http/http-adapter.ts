/** Creates the Fastify adapter for Nest, with the limits and error responses of the gateway. `front-server.ts` listens on the port. */
import { toErrorResponse, ContractError, sendError } from '@tributary/connector-api/contract';
import { HttpStatus } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { isIP } from 'node:net';
import { SharedRouteTable, type ConnectorPathSet } from './shared-route-table.js';

/** The maximum size of a request body in bytes. A larger body is rejected. A payment order with metadata has a few kB. */
const MAX_BODY_BYTES = 256 * 1024;
/**
 * The maximum length of a path parameter, in characters. Ids that the gateway serves have at most 1024 characters, and percent-encoding
 * triples this number.
 */
const MAX_PATH_PARAMETER_LENGTH = 3 * 1024;
export interface HttpAdapterOptions {
  /** True if a proxy in front of the gateway sets `X-Forwarded-For`. Only the last address in this header is trusted. */
  trustProxy: boolean;
  /** The connectors whose routes will be registered. */
  connectors: ConnectorPathSet;
  /** Responds to requests that match no route. */
  onUnknownRoute: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

export class HttpAdapter extends FastifyAdapter {
  private readonly onUnknownRoute: HttpAdapterOptions['onUnknownRoute'];
  private readonly routes: SharedRouteTable;

  constructor(options: HttpAdapterOptions) {
    super({
      logger: false,
      bodyLimit: MAX_BODY_BYTES,
      // During shutdown, requests on open connections still get normal responses.
      return503OnClosing: false,
      trustProxy: options.trustProxy ? isNearestProxy : false,
      routerOptions: {
        ignoreTrailingSlash: true,
        ignoreDuplicateSlashes: true,
        maxParamLength: MAX_PATH_PARAMETER_LENGTH,
      },
      frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
        sendError(reply, toErrorResponse(error, request.id)),
      skipMiddie: true,
    });
    this.onUnknownRoute = options.onUnknownRoute;
    this.routes = new SharedRouteTable(options.connectors);
    const fastify = this.getInstance();
    fastify.addHook('onRequest', (request, _reply, done) =>
      done(missingHostError(request) ?? repeatedHeaderError(request)),
    );
    fastify.addHook('onRequest', this.rejectQueryMethod);
    if (options.trustProxy) fastify.addHook('onRequest', discardInvalidForwardedFor);
    // Request bodies stay bytes until the authorization has succeeded, so that requests without a valid key are never parsed.
    fastify.removeAllContentTypeParsers();
    fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  }

  /**
   * Responds to the method QUERY like to any other method without a route. Fastify itself would respond with 400 if the request has no
   * Content-Type.
   */
  private readonly rejectQueryMethod: onRequestHookHandler = (request, reply, done) => {
    if (request.method !== 'QUERY') return done();
    try {
      this.onUnknownRoute(request, reply);
    } catch (error) {
      done(error as Error);
    }
  };

  override get(...args: unknown[]) {
    this.routes.add('GET', args, (...route) => super.get(...route));
    return this.getInstance();
  }

  override post(...args: unknown[]) {
    this.routes.add('POST', args, (...route) => super.post(...route));
    return this.getInstance();
  }

  override setNotFoundHandler() {
    return this.getInstance().setNotFoundHandler(this.onUnknownRoute);
  }
}

/**
 * Returns true only for the proxy that is connected to the gateway. All earlier addresses in `X-Forwarded-For` are not trusted, because a
 * client can forge them.
 */
function isNearestProxy(_address: string, hop: number): boolean {
  return hop === 0;
}

/** Removes `X-Forwarded-For` if its last entry is not an IP address. The address of the proxy is used instead. */
const discardInvalidForwardedFor: onRequestHookHandler = (request, _reply, done) => {
  if (isIP(request.ip) === 0) delete request.raw.headers['x-forwarded-for'];
  done();
};

/**
 * The headers that a request may contain only once. If a request repeats such a header, it is rejected: Node uses the first value, but a
 * proxy in front of the gateway might use another value.
 */
const SINGLE_HEADERS: readonly string[] = ['host', 'authorization'];

function repeatedHeaderError({ raw }: FastifyRequest): ContractError | undefined {
  const seen = new Set<string>();
  for (let index = 0; index < raw.rawHeaders.length; index += 2) {
    const name = raw.rawHeaders[index]?.toLowerCase() ?? '';
    if (!SINGLE_HEADERS.includes(name)) continue;
    if (seen.has(name)) {
      const detail = `The request has more than one header ${name}, expected one.`;
      return new ContractError(HttpStatus.BAD_REQUEST, 'Bad Request', detail);
    }
    seen.add(name);
  }
  return undefined;
}

function missingHostError(request: FastifyRequest): ContractError | undefined {
  if (request.headers.host !== undefined || request.raw.httpVersion !== '1.1') return undefined;
  return new ContractError(HttpStatus.BAD_REQUEST, 'Bad Request', 'The request names no Host.');
}
