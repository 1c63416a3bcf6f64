/**
 * A load balancer in front of the gateways. It has one address and forwards requests in turn to each gateway that reports that it is ready.
 * If a gateway closes the connection or responds 503, the next gateway gets the request. Every request can be repeated, because orders are
 * idempotent by their key.
 */
import { once } from 'node:events';
import {
  Agent,
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchHttpStatus } from './fetch-http-status.js';

/** The default time in milliseconds between two health checks of a gateway. */
const HEALTH_CHECK_INTERVAL_MS = 250;
/** Timeout of a health check in milliseconds. */
const HEALTH_CHECK_TIMEOUT_MS = 1500;
/**
 * The number of health checks in a row that must time out before a gateway counts as stopped. A single timeout is not enough, because a
 * slow disk of the database delays the health checks of all gateways at once. A refused connection counts immediately.
 */
const MAX_HEALTH_CHECK_TIMEOUTS = 3;

interface BalancedGateway {
  name: string;
  url: string;
  agent: Agent;
  ready: boolean;
  /** The requests in progress. They are aborted when the gateway stops responding. */
  open: Set<AbortController>;
  requests: number;
}

interface ForwardedResponse {
  status: number;
  type: string;
  body: Buffer;
}

export class LoadBalancer {
  /** The number of results of requests to gateways, by status. `closed` is the number of closed connections. */
  readonly resultCounts = new Map<string, number>();
  /** The number of responses to clients, by status. */
  readonly statusCounts = new Map<number, number>();
  /** The responses that a client must never get. */
  readonly unexpectedResponses: string[] = [];
  private readonly gateways: BalancedGateway[];
  private readonly server: Server;
  private nextIndex = 0;
  private isClosed = false;

  private constructor(gateways: readonly { name: string; url: string }[]) {
    this.gateways = gateways.map(({ name, url }) => ({
      ...{ name, url, ready: false, requests: 0 },
      agent: new Agent({ keepAlive: true }),
      open: new Set(),
    }));
    this.server = createServer((incoming, outgoing) => void this.handleRequest(incoming, outgoing));
  }

  /** @param checkIntervalMs time in milliseconds between two health checks of a gateway */
  static async start(
    gateways: readonly { name: string; url: string }[],
    checkIntervalMs = HEALTH_CHECK_INTERVAL_MS,
  ): Promise<LoadBalancer> {
    const balancer = new LoadBalancer(gateways);
    balancer.server.listen(0, '127.0.0.1');
    await once(balancer.server, 'listening');
    for (const gateway of balancer.gateways) void balancer.pollHealth(gateway, checkIntervalMs);
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Returns the number of requests that each gateway answered. */
  get requestShares(): string {
    return this.gateways.map(({ name, requests }) => `${name} ${requests}`).join(', ');
  }

  isReady(name: string): boolean {
    return this.gateways.some((gateway) => gateway.name === name && gateway.ready);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.server.closeAllConnections();
    this.server.close();
    for (const { agent } of this.gateways) agent.destroy();
    await once(this.server, 'close');
  }

  private async pollHealth(gateway: BalancedGateway, intervalMs: number): Promise<void> {
    let timeouts = 0;
    while (!this.isClosed) {
      const status = await fetchHttpStatus(`${gateway.url}/readyz`, HEALTH_CHECK_TIMEOUT_MS);
      timeouts = status === 'timeout' ? timeouts + 1 : 0;
      if (status !== 'timeout') gateway.ready = status === 200;
      if (status === 'unreachable' || timeouts >= MAX_HEALTH_CHECK_TIMEOUTS) {
        gateway.ready = false;
        for (const open of gateway.open) open.abort();
      }
      await sleep(intervalMs);
    }
  }

  private async handleRequest(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const { status, type, body } = await this.forward(incoming, Buffer.concat(chunks));
    increment(this.statusCounts, status);
    if (status >= 300 && status !== 503) {
      this.unexpectedResponses.push(
        `${incoming.method} ${incoming.url}: ${status} ${body.toString().slice(0, 300)}`,
      );
    }
    outgoing.writeHead(status, { 'content-type': type, 'content-length': body.length }).end(body);
  }

  private async forward(incoming: IncomingMessage, body: Buffer): Promise<ForwardedResponse> {
    const none = Buffer.from('{"Title":"Unavailable","Detail":"No gateway answers."}');
    let answer: ForwardedResponse = { status: 503, type: 'application/json', body: none };
    for (const gateway of this.getCandidates()) {
      const given = await forwardRequest(gateway, incoming, body);
      increment(this.resultCounts, given === undefined ? 'closed' : String(given.status));
      if (given === undefined) continue;
      answer = given;
      gateway.requests++;
      if (given.status !== 503) return given;
    }
    return answer;
  }

  /** Returns the gateways that are ready, in turn. If no gateway is ready, all gateways are returned. */
  private getCandidates(): BalancedGateway[] {
    const start = this.nextIndex++ % this.gateways.length;
    const all = [...this.gateways.slice(start), ...this.gateways.slice(0, start)];
    const ready = all.filter((gateway) => gateway.ready);
    return ready.length > 0 ? ready : all;
  }
}

/**
 * Forwards a request.
 * @returns `undefined` when the connection was closed before the response ended
 */
function forwardRequest({ url, agent, open }: BalancedGateway, incoming: IncomingMessage, body: Buffer) {
  const abort = new AbortController();
  open.add(abort);
  return new Promise<ForwardedResponse | undefined>((resolve) => {
    const { method, headers } = incoming;
    const options = {
      method,
      agent,
      headers: { ...headers, connection: 'keep-alive' },
      signal: abort.signal,
    };
    const sent = request(url + incoming.url, options, (response) => {
      readBody(response).then(
        (bytes) =>
          resolve({
            status: response.statusCode ?? 0,
            type: response.headers['content-type'] ?? '',
            body: bytes,
          }),
        () => resolve(undefined),
      );
    });
    sent.on('error', () => resolve(undefined));
    sent.end(body);
  }).finally(() => open.delete(abort));
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function increment<T>(counts: Map<T, number>, key: T): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
