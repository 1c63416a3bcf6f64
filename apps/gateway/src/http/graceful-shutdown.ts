/**
 * Stops the HTTP server without refusing connections. A client whose connection is refused would treat its payout as failed.
 */
import type { FastifyInstance } from 'fastify';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_INTERVAL_MS = 20;
/** The maximum time in ms that clients wait for a response. */
const MAX_RESPONSE_WAIT_MS = 10_000;

export class GracefulShutdown {
  private draining = false;
  /** The time after which no client waits for a response any more, in milliseconds of the monotonic clock. */
  private deadline = 0;

  constructor(private readonly server: Server) {}

  /** Makes the responses of a Fastify instance close their connections during the shutdown. */
  observe(fastify: FastifyInstance): void {
    // The header is set when the response is sent, so requests that were already running also close their connections.
    fastify.addHook('onSend', (_request, reply, _payload, done) => {
      if (this.draining) reply.header('connection', 'close');
      done();
    });
  }

  get isDraining(): boolean {
    return this.draining;
  }

  /**
   * Begins the shutdown: each response closes its connection. While requests are running, new connections are still accepted, because an
   * order can wait eight seconds for its PSP, and new clients must not find the port closed during this time.
   * @param drainTimeoutMs time in milliseconds after which idle connections are closed
   * @returns when no connection is open, or when no client can still be waiting for a response
   */
  async start(drainTimeoutMs: number): Promise<void> {
    this.draining = true;
    const { server } = this;
    const drainDeadline = performance.now() + drainTimeoutMs;
    this.deadline = drainDeadline + MAX_RESPONSE_WAIT_MS;
    while (performance.now() < this.deadline && (await countConnections(server)) > 0) {
      if (performance.now() >= drainDeadline) server.closeIdleConnections();
      await sleep(POLL_INTERVAL_MS);
    }
  }

  /** Closes the port, and waits for the last requests. When no client can still be waiting for a response, all connections are closed. */
  async finish(close: () => Promise<void>): Promise<void> {
    const remainingMs = Math.max(this.deadline - performance.now(), POLL_INTERVAL_MS);
    const closeTimer = setTimeout(() => this.server.closeAllConnections(), remainingMs);
    try {
      await close();
    } finally {
      clearTimeout(closeTimer);
    }
  }
}

function countConnections(server: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}
