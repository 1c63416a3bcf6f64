/** The HTTP server, before anything is mounted on it. */
import { answerTo, ContractError, sendError } from '@tributary/connector-api/contract';
import { HttpStatus } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { isIP } from 'node:net';
import { answerMalformedRequest, refuseExpectation } from './malformed-request.js';
import { MountedRoutes, type Mounted } from './mounted-routes.js';

/** An order with its metadata is a few kB. */
const LONGEST_BODY = 256 * 1024;
/** An id has at most 1024 characters as we serve it, and three times as many where a client escapes each. */
const LONGEST_PATH_PARAMETER = 3 * 1024;
const LONGEST_HEADERS = 16 * 1024;

const SECOND = 1000;
/** For a whole request to arrive: nobody needs longer, and whoever sends a byte a minute holds nothing open. */
const REQUEST_TIMEOUT = 20 * SECOND;
const HEADERS_TIMEOUT = 10 * SECOND;
/** Go's clients keep an idle connection for 90 s: whoever closes first must be them, or a request meets a closing socket. */
const KEEP_ALIVE_TIMEOUT = 120 * SECOND;

export interface HttpOptions {
  /** Whether a proxy in front of us names the client in `X-Forwarded-For`: the last address in it is believed, no other. */
  trustProxy: boolean;
  /** The connectors whose routes will come. */
  connectors: Mounted;
  /** Answers what no route took. */
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
      // Requests on connections that are still open while we stop are answered like all others.
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
        // Node answers without a body; `refuseMissingHost` does it with one.
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
    // Bodies arrive as bytes: whoever has no key makes us parse nothing.
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

/** Only the proxy that is connected to us is believed: everything before its word in `X-Forwarded-For` may be made up. */
function isNearest(_address: string, hop: number): boolean {
  return hop === 0;
}

/** What the proxy names is the client's address, or it names none: then the proxy's own counts. */
const forgetForgedAddress: onRequestHookHandler = (request, _reply, done) => {
  if (isIP(request.ip) === 0) delete request.raw.headers['x-forwarded-for'];
  done();
};

function missingHost(request: FastifyRequest): ContractError | undefined {
  if (request.headers.host !== undefined || request.raw.httpVersion !== '1.1') return undefined;
  return new ContractError(HttpStatus.BAD_REQUEST, 'Bad Request', 'The request names no Host.');
}
