/**
 * The HTTP server that listens on the port. It gives each request to the current HTTP application. A reload of the deployment file replaces
 * the application, while the server and its connections stay.
 */
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { delayContinueForPipelinedRequests } from './continue-response.js';
import { rejectExpectHeader, respondToMalformedRequest } from './respond-to-malformed-request.js';

const MAX_HEADER_BYTES = 16 * 1024;
const SECOND_MS = 1000;
/** The maximum time in ms for a whole request to arrive. After this time the connection is closed, because the client sends too slowly. */
const REQUEST_TIMEOUT_MS = 20 * SECOND_MS;
const HEADERS_TIMEOUT_MS = 10 * SECOND_MS;
/**
 * Time in ms between two searches of the server for requests that exceed their time. With Node's default of 30 s, such requests could last
 * up to 50 s.
 */
const TIMEOUT_CHECK_INTERVAL_MS = SECOND_MS;
/**
 * Time in ms after which an idle connection is closed. Go's HTTP client closes an idle connection after 90 s. The server must wait longer,
 * because it could otherwise close a connection while the client sends a request.
 */
const KEEP_ALIVE_TIMEOUT_MS = 120 * SECOND_MS;

/** An HTTP application, with the requests that it has not finished yet. */
interface ServedApplication {
  handle: RequestListener;
  runningRequests: number;
  onIdle: (() => void) | undefined;
}

export class FrontServer {
  /** A Fastify instance without routes. It is used because it listens on all addresses of a host name, e.g. `localhost`. */
  private readonly fastify: FastifyInstance;
  private application: ServedApplication | undefined;

  constructor() {
    const adapter = new FastifyAdapter({
      logger: false,
      clientErrorHandler: respondToMalformedRequest,
      serverFactory: () => this.createServer(),
    });
    this.fastify = adapter.getInstance();
  }

  get server(): Server {
    return this.fastify.server;
  }

  async listen(options: { host: string; port: number; backlog: number }): Promise<void> {
    await this.fastify.listen(options);
  }

  /** Closes the port, and waits until the last connection is closed. */
  close(): Promise<void> {
    return this.fastify.close();
  }

  /**
   * Sends all further requests to another application.
   * @returns a promise that resolves when the former application has finished its requests
   */
  setApplication(handle: RequestListener): Promise<void> {
    const former = this.application;
    this.application = { handle, runningRequests: 0, onIdle: undefined };
    if (former === undefined || former.runningRequests === 0) return Promise.resolve();
    return new Promise((resolve) => (former.onIdle = resolve));
  }

  private createServer(): Server {
    const server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
        connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
        maxHeaderSize: MAX_HEADER_BYTES,
        // Node's own check is turned off, because it responds without a body. `HttpAdapter` responds with a body.
        requireHostHeader: false,
      },
      (request, response) => this.handle(request, response),
    );
    server.on('checkExpectation', rejectExpectHeader);
    delayContinueForPipelinedRequests(server);
    return server;
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const { application } = this;
    if (application === undefined) {
      response.writeHead(503).end();
      return;
    }
    application.runningRequests++;
    response.once('close', () => {
      application.runningRequests--;
      if (application.runningRequests === 0) application.onIdle?.();
    });
    application.handle(request, response);
  }
}
