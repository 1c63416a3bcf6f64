/**
 * A fake PSP for tests: a local HTTP server. The plugin's `<psp>.fake.ts` provides its routes and state. With the PSP's official OpenAPI
 * document, the fake validates every request and every response against that document, so that it cannot deviate from the real API.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlannedFaults } from './fake-faults.js';
import type { Fault, FaultPlan } from './fake-faults.js';
import { matchPath } from './fake-route.js';
import type { FakeAnswer, FakeRequest, FakeRoute } from './fake-route.js';
import type { OpenApiDocument } from './openapi/document.js';

export interface FakeOptions {
  routes: readonly FakeRoute[];
  /** Path prefix of every route, as in the PSP's API: `/api/1.0`. Default: none. */
  basePath?: string;
  /** OpenAPI document for validation. Without it the fake checks nothing. */
  document?: OpenApiDocument | undefined;
  /** `Content-Type` of responses. Default `application/json`. */
  contentType?: string;
  /** Returns the PSP's error body for a status. Used for injected faults and unknown paths. */
  errorBody?: (status: number) => unknown;
}

interface Written {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
}

const HTML = '<!DOCTYPE html><html><body><h1>We will be back soon</h1></body></html>';

export class FakePsp {
  /** All requests so far, oldest first. Includes requests that an injected fault answered. */
  readonly requests: FakeRequest[] = [];
  /** Violations of the document by requests and responses. `close` throws an error that lists them. */
  readonly violations: string[] = [];
  private readonly faults = new PlannedFaults();
  private readonly server: Server;

  private constructor(private readonly options: FakeOptions) {
    this.server = createServer((incoming, outgoing) => {
      this.serve(incoming, outgoing).catch((error: unknown) => this.fail(outgoing, error));
    });
  }

  static async start(options: FakeOptions): Promise<FakePsp> {
    const fake = new FakePsp(options);
    fake.server.listen(0, '127.0.0.1');
    await once(fake.server, 'listening');
    return fake;
  }

  /** Base URL for the plugin's settings. Includes the base path. */
  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}${this.options.basePath ?? ''}`;
  }

  /** Injects a fault into future requests. If several plans match a request, the oldest plan applies. */
  plan(plan: FaultPlan): void {
    this.faults.plan(plan);
  }

  clearFaults(): void {
    this.faults.clear();
  }

  /** Stops the server. @throws Error that lists all violations of the document by requests and responses. */
  async close(): Promise<void> {
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((done) => this.server.close(done));
    if (this.violations.length === 0) return;
    const lines = [...new Set(this.violations)].map((violation) => `- ${violation}`);
    throw new Error(`the fake or its client differ from the PSP's document:\n${lines.join('\n')}`);
  }

  private async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await readRequest(incoming, this.options.basePath ?? '');
    const route = this.routeFor(request);
    if (route !== undefined) request.params = matchPath(route.path, request.path) ?? {};
    this.requests.push(request);
    const wrong = this.checkRequest(request, route);
    if (wrong.length > 0) return this.fail(outgoing, new Error(wrong.join('\n')));
    const fault = this.faults.take(request.method, request.path);
    if (fault === undefined) return this.send(outgoing, await this.answer(request, route));
    return this.misbehave(fault, outgoing, () => this.answer(request, route));
  }

  private routeFor({ method, path }: FakeRequest): FakeRoute | undefined {
    const fitting = this.options.routes.filter(
      (route) => route.method === method && matchPath(route.path, path) !== undefined,
    );
    // A path without parameters has priority: `/balances/primary` before `/balances/{id}`.
    return fitting.sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
  }

  private async answer(request: FakeRequest, route: FakeRoute | undefined): Promise<FakeAnswer> {
    const answer = (await route?.answer(request)) ?? this.errorAnswer(404);
    this.checkAnswer(request, route, answer);
    return answer;
  }

  private errorAnswer(status: number): FakeAnswer {
    const body = this.options.errorBody?.(status);
    return { status, ...(body === undefined ? {} : { body }) };
  }

  private async misbehave(
    fault: Fault,
    outgoing: ServerResponse,
    answer: () => Promise<FakeAnswer>,
  ): Promise<void> {
    if (fault === 'reset') return reset(outgoing);
    if (fault === 'html') return end(outgoing, 200, { 'content-type': 'text/html' }, HTML);
    if (typeof fault === 'object') return this.replace(fault, outgoing, answer);
    const whole = this.write(await answer());
    if (fault === 'answer-lost') return reset(outgoing);
    const half = whole.text.slice(0, Math.ceil(whole.text.length / 2));
    if (fault === 'broken-json') return end(outgoing, whole.status, whole.headers, half);
    outgoing.writeHead(whole.status, { ...whole.headers, 'content-length': Buffer.byteLength(whole.text) });
    outgoing.write(half, () => reset(outgoing));
  }

  private async replace(
    fault: Extract<Fault, object>,
    outgoing: ServerResponse,
    answer: () => Promise<FakeAnswer>,
  ): Promise<void> {
    if ('answer' in fault) return this.send(outgoing, fault.answer);
    if ('slow' in fault) {
      const late = await answer();
      await sleep(fault.slow, undefined, { ref: false });
      return this.send(outgoing, late);
    }
    const { status, retryAfter, body } = fault;
    const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
    const error = body === undefined ? this.errorAnswer(status) : { status, body };
    return this.send(outgoing, { ...error, headers });
  }

  private send(outgoing: ServerResponse, answer: FakeAnswer): void {
    const { status, headers, text } = this.write(answer);
    end(outgoing, status, headers, text);
  }

  private write({ status = 200, headers = {}, body }: FakeAnswer): Written {
    if (body === undefined) return { status, headers, text: '' };
    const type = { 'content-type': this.options.contentType ?? 'application/json' };
    return { status, headers: { ...type, ...headers }, text: JSON.stringify(body) };
  }

  private checkRequest(request: FakeRequest, route: FakeRoute | undefined): string[] {
    const { document, basePath = '' } = this.options;
    if (document === undefined || route?.undocumented !== undefined) return [];
    return this.note(document.checkRequest({ ...request, path: basePath + request.path }));
  }

  private checkAnswer(request: FakeRequest, route: FakeRoute | undefined, answer: FakeAnswer): void {
    const { document, basePath = '' } = this.options;
    if (document === undefined || (route?.undocumented ?? answer.undocumented) !== undefined) return;
    const { status, headers, text } = this.write(answer);
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const sent = { status, headers: lowerCased(headers), body };
    const wrong = this.note(document.checkResponse({ ...request, path: basePath + request.path }, sent));
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  }

  private note(problems: string[]): string[] {
    this.violations.push(...problems);
    return problems;
  }

  /** Reports a defect of the fake: responds with status 500 and adds a violation, so that `close` throws. */
  private fail(outgoing: ServerResponse, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (!this.violations.some((violation) => message.includes(violation))) {
      this.violations.push(error instanceof Error ? (error.stack ?? message) : message);
    }
    if (outgoing.headersSent) return reset(outgoing);
    end(outgoing, 500, { 'content-type': 'text/plain' }, `the fake PSP failed: ${message}`);
  }
}

async function readRequest(incoming: IncomingMessage, basePath: string): Promise<FakeRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const rawBody = Buffer.concat(chunks);
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  const path = url.pathname.startsWith(basePath) ? url.pathname.slice(basePath.length) : url.pathname;
  const headers = lowerCased(incoming.headers);
  const body = readBody(rawBody, headers['content-type']);
  return { method: incoming.method ?? '', path, params: {}, query: url.searchParams, headers, body, rawBody };
}

function readBody(rawBody: Buffer, contentType = ''): unknown {
  const text = rawBody.toString('utf8');
  if (text === '') return undefined;
  if (contentType.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  return JSON.parse(text);
}

function lowerCased(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), String(value)]],
    ),
  );
}

function end(outgoing: ServerResponse, status: number, headers: Written['headers'], text: string): void {
  outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text);
}

function reset(outgoing: ServerResponse): void {
  outgoing.socket?.resetAndDestroy();
}
