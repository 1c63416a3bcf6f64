/** Fastify adapter for Nest with the gateway's limits, timeouts and error responses. */
import { answerTo, ContractError, sendError } from '@tributary/connector-api/contract';
import { HttpStatus } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { isIP } from 'node:net';
import { answerMalformedRequest, refuseExpectation } from './malformed-request.js';
import { MountedRoutes, type Mounted } from './mounted-routes.js';

/** Largest request body in bytes. A payment order with metadata is a few kB. */
const LONGEST_BODY = 256 * 1024;
/** Ids that the gateway serves have at most 1024 characters. A client that percent-encodes each one sends three times as many. */
const LONGEST_PATH_PARAMETER = 3 * 1024;
const LONGEST_HEADERS = 16 * 1024;

const SECOND = 1000;
/** Time for a whole request to arrive. It stops clients that keep connections open by sending very slowly. */
const REQUEST_TIMEOUT = 20 * SECOND;
const HEADERS_TIMEOUT = 10 * SECOND;
/** Go's HTTP client closes an idle connection after 90 s. The server must wait longer, or it could close a connection during a request. */
const KEEP_ALIVE_TIMEOUT = 120 * SECOND;

export interface HttpOptions {
  /** Whether a proxy in front of the gateway sets `X-Forwarded-For`. Only the last address in it is trusted. */
  trustProxy: boolean;
  /** The connectors whose routes will be registered. */
  connectors: Mounted;
  /** Responds to requests that match no route. */
  onUnknownRoute: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

export class HttpAdapter extends FastifyAdapter {
  private readonly onUnknownRoute: HttpOptions['onUnknownRoute'];
  private readonly routes: MountedRoutes;

  constructor(options: HttpOptions) {
    super({
      logger: false,
      bodyLimit: LONGEST_BODY,
      requestTimeout: REQUEST_TIMEOUT,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
      // During shutdown, requests on open connections still get normal responses.
      return503OnClosing: false,
      trustProxy: options.trustProxy ? isNearest : false,
      routerOptions: {
        ignoreTrailingSlash: true,
        ignoreDuplicateSlashes: true,
        maxParamLength: LONGEST_PATH_PARAMETER,
      },
      http: {
        headersTimeout: HEADERS_TIMEOUT,
        maxHeaderSize: LONGEST_HEADERS,
        // Node's own check responds without a body. `missingHostError` responds with one.
        requireHostHeader: false,
      },
      clientErrorHandler: answerMalformedRequest,
      frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
        sendError(reply, answerTo(error, request.id)),
      skipMiddie: true,
    });
    this.onUnknownRoute = options.onUnknownRoute;
    this.routes = new MountedRoutes(options.connectors);
    const fastify = this.getInstance();
    fastify.server.on('checkExpectation', refuseExpectation);
    fastify.addHook('onRequest', (request, _reply, done) => done(missingHost(request)));
    if (options.trustProxy) fastify.addHook('onRequest', forgetForgedAddress);
    // Bodies stay bytes until authorization has succeeded, so requests without a valid key are never parsed.
    fastify.removeAllContentTypeParsers();
    fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  }

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

/** Trusts only the proxy that is connected to the gateway. A client can forge all earlier addresses in `X-Forwarded-For`. */
function isNearest(_address: string, hop: number): boolean {
  return hop === 0;
}

/** Removes `X-Forwarded-For` if its last entry is not an IP address. The proxy's own address is used instead. */
const forgetForgedAddress: onRequestHookHandler = (request, _reply, done) => {
  if (isIP(request.ip) === 0) delete request.raw.headers['x-forwarded-for'];
  done();
};

function missingHost(request: FastifyRequest): ContractError | undefined {
  if (request.headers.host !== undefined || request.raw.httpVersion !== '1.1') return undefined;
  return new ContractError(HttpStatus.BAD_REQUEST, 'Bad Request', 'The request names no Host.');
}
