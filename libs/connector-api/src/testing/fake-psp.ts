/**
 * A fake PSP for tests: a local HTTP server. The plugin's `<psp>.fake.ts` provides its routes and state. If the PSP has an official OpenAPI
 * document, the fake validates every request and every response against this document, so that the fake cannot deviate from the real API.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { FaultInjector } from './fault-injection.js';
import type { Fault, FaultPlan } from './fault-injection.js';
import { matchPath } from './fake-route.js';
import type { FakeResponse, FakeRequest, FakeRoute } from './fake-route.js';
import type { DocumentChecker } from './openapi/combine-documents.js';

export interface FakePspOptions {
  routes: readonly FakeRoute[];
  /** The path prefix of every route, as in the PSP's API: `/api/1.0`. Default: none. */
  basePath?: string;
  /**
   * The OpenAPI document for the validation. For several documents, see `combineDocuments`. Without a document, the fake validates nothing.
   */
  document?: DocumentChecker | undefined;
  /** The `Content-Type` of responses. Default: `application/json`. */
  contentType?: string;
  /** Returns the PSP's error body for a status. It is used for injected faults and unknown paths. */
  createErrorBody?: (status: number) => unknown;
}

interface SerializedResponse {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}

const MAINTENANCE_PAGE = '<!DOCTYPE html><html><body><h1>We will be back soon</h1></body></html>';

export class FakePsp {
  /** All requests so far, oldest first. The requests to which an injected fault responded are included. */
  readonly requests: FakeRequest[] = [];
  /** The requests and responses that violate the document. `close` throws an error that lists them. */
  readonly violations: string[] = [];
  /**
   * Changes the body of a response after its check against the document, e.g. to give a property an unexpected type. The argument and the
   * result are parsed JSON.
   */
  transformResponse: ((request: FakeRequest, body: unknown) => unknown) | undefined;
  /** Changes the bytes of a response with a JSON body, e.g. to bytes that are not UTF-8. It is called after `transformResponse`. */
  transformBytes: ((request: FakeRequest, body: Buffer) => Buffer) | undefined;
  private readonly faultInjector = new FaultInjector();
  private readonly server: Server;

  private constructor(private readonly options: FakePspOptions) {
    this.server = createServer((incoming, outgoing) => {
      this.handleRequest(incoming, outgoing).catch((error: unknown) =>
        this.respondWithFailure(outgoing, error),
      );
    });
    // The server never closes an unused connection. By default, Node closes it after 5 s. On a busy machine, a test may pause that long,
    // and its next request could fail because the connection is being closed.
    this.server.keepAliveTimeout = 0;
  }

  static async start(options: FakePspOptions): Promise<FakePsp> {
    const fake = new FakePsp(options);
    fake.server.listen(0, '127.0.0.1');
    await once(fake.server, 'listening');
    return fake;
  }

  /** The base URL for the plugin's settings, including the base path. */
  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}${this.options.basePath ?? ''}`;
  }

  /** Injects a fault into future requests. If several fault plans match a request, the oldest plan applies. */
  injectFault(plan: FaultPlan): void {
    this.faultInjector.add(plan);
  }

  clearFaults(): void {
    this.faultInjector.clear();
  }

  /**
   * Stops the server.
   * @throws Error that lists all violations of the document by requests and responses
   */
  async close(): Promise<void> {
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((done) => this.server.close(done));
    if (this.violations.length === 0) return;
    const lines = [...new Set(this.violations)].map((violation) => `- ${violation}`);
    throw new Error(`the fake or its client differ from the PSP's document:\n${lines.join('\n')}`);
  }

  private async handleRequest(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await readRequest(incoming, this.options.basePath ?? '');
    const route = this.findRoute(request);
    if (route !== undefined) request.params = matchPath(route.path, request.path) ?? {};
    this.requests.push(request);
    const wrong = this.checkRequest(request, route);
    if (wrong.length > 0) return this.respondWithFailure(outgoing, new Error(wrong.join('\n')));
    const fault = this.faultInjector.match(request);
    if (fault === undefined) return this.sendResponse(outgoing, await this.createResponse(request, route));
    return this.applyFault(fault, outgoing, () => this.createResponse(request, route));
  }

  private findRoute({ method, path }: FakeRequest): FakeRoute | undefined {
    const fitting = this.options.routes.filter(
      (route) => route.method === method && matchPath(route.path, path) !== undefined,
    );
    // A path with fewer parameters has priority: `/balances/primary` before `/balances/{id}`.
    return fitting.sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
  }

  private async createResponse(request: FakeRequest, route: FakeRoute | undefined): Promise<FakeResponse> {
    const response = (await route?.respond(request)) ?? this.createErrorResponse(404);
    this.checkResponse(request, route, response);
    return this.transform(request, response);
  }

  private transform(request: FakeRequest, response: FakeResponse): FakeResponse {
    if (response.body === undefined) return response;
    const body = this.transformResponse ? this.transformResponse(request, response.body) : response.body;
    if (this.transformBytes === undefined) return { ...response, body };
    return { ...response, body, rawBody: this.transformBytes(request, Buffer.from(JSON.stringify(body))) };
  }

  private createErrorResponse(status: number): FakeResponse {
    const body = this.options.createErrorBody?.(status);
    return { status, ...(body === undefined ? {} : { body }) };
  }

  private async applyFault(
    fault: Fault,
    outgoing: ServerResponse,
    createResponse: () => Promise<FakeResponse>,
  ): Promise<void> {
    if (fault === 'reset') return resetConnection(outgoing);
    if (fault === 'html')
      return endResponse(outgoing, 200, { 'content-type': 'text/html' }, MAINTENANCE_PAGE);
    if (typeof fault === 'object') return this.applyResponseFault(fault, outgoing, createResponse);
    const serialized = this.serializeResponse(await createResponse());
    if (fault === 'answer-lost') return resetConnection(outgoing);
    const half = serialized.body.slice(0, Math.ceil(serialized.body.length / 2));
    if (fault === 'broken-json') return endResponse(outgoing, serialized.status, serialized.headers, half);
    outgoing.writeHead(serialized.status, {
      ...serialized.headers,
      'content-length': Buffer.byteLength(serialized.body),
    });
    outgoing.write(half, () => resetConnection(outgoing));
  }

  private async applyResponseFault(
    fault: Extract<Fault, object>,
    outgoing: ServerResponse,
    createResponse: () => Promise<FakeResponse>,
  ): Promise<void> {
    if ('response' in fault) return this.sendResponse(outgoing, fault.response);
    if ('delayMs' in fault) {
      const response = await createResponse();
      await sleep(fault.delayMs, undefined, { ref: false });
      return this.sendResponse(outgoing, response);
    }
    const { status, retryAfter, body } = fault;
    const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
    const error = body === undefined ? this.createErrorResponse(status) : { status, body };
    return this.sendResponse(outgoing, { ...error, headers });
  }

  private sendResponse(outgoing: ServerResponse, response: FakeResponse): void {
    const { status, headers, body } = this.serializeResponse(response);
    endResponse(outgoing, status, headers, response.rawBody ?? body);
  }

  private serializeResponse({ status = 200, headers = {}, body }: FakeResponse): SerializedResponse {
    if (body === undefined) return { status, headers, body: '' };
    const type = { 'content-type': this.options.contentType ?? 'application/json' };
    return { status, headers: { ...type, ...headers }, body: JSON.stringify(body) };
  }

  private checkRequest(request: FakeRequest, route: FakeRoute | undefined): string[] {
    const { document, basePath = '' } = this.options;
    if (document === undefined || route?.undocumentedReason !== undefined) return [];
    return this.recordViolations(document.checkRequest({ ...request, path: basePath + request.path }));
  }

  private checkResponse(request: FakeRequest, route: FakeRoute | undefined, response: FakeResponse): void {
    const { document, basePath = '' } = this.options;
    if (document === undefined || (route?.undocumentedReason ?? response.undocumentedReason) !== undefined)
      return;
    const { status, headers, body: text } = this.serializeResponse(response);
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const sent = { status, headers: lowercaseNames(headers), body };
    const wrong = this.recordViolations(
      document.checkResponse({ ...request, path: basePath + request.path }, sent),
    );
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  }

  private recordViolations(problems: string[]): string[] {
    this.violations.push(...problems);
    return problems;
  }

  /** Reports a defect of the fake itself: responds with status 500 and adds a violation, so that `close` throws. */
  private respondWithFailure(outgoing: ServerResponse, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (!this.violations.some((violation) => message.includes(violation))) {
      this.violations.push(error instanceof Error ? (error.stack ?? message) : message);
    }
    if (outgoing.headersSent) return resetConnection(outgoing);
    endResponse(outgoing, 500, { 'content-type': 'text/plain' }, `the fake PSP failed: ${message}`);
  }
}

async function readRequest(incoming: IncomingMessage, basePath: string): Promise<FakeRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const rawBody = Buffer.concat(chunks);
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  const path = url.pathname.startsWith(basePath) ? url.pathname.slice(basePath.length) : url.pathname;
  const headers = lowercaseNames(incoming.headers);
  const body = parseBody(rawBody, headers['content-type']);
  return { method: incoming.method ?? '', path, params: {}, query: url.searchParams, headers, body, rawBody };
}

function parseBody(rawBody: Buffer, contentType = ''): unknown {
  const text = rawBody.toString('utf8');
  if (text === '') return undefined;
  if (contentType.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  return JSON.parse(text);
}

function lowercaseNames(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), String(value)]],
    ),
  );
}

function endResponse(
  outgoing: ServerResponse,
  status: number,
  headers: SerializedResponse['headers'],
  text: string | Buffer,
): void {
  outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text);
}

function resetConnection(outgoing: ServerResponse): void {
  outgoing.socket?.resetAndDestroy();
}
