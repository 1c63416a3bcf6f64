/**
 * Stops the HTTP server without refusing connections. A client whose connection is refused would treat its payout as failed.
 */
import type { FastifyInstance } from 'fastify';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL = 20;
/** Clients do not wait longer than this for a response. */
const LONGEST_ANSWER = 10_000;

export class Drain {
  private draining = false;
  /** Time after which no client waits for a response, in milliseconds of the monotonic clock. */
  private end = 0;

  constructor(private readonly fastify: FastifyInstance) {
    // The header is set when the response is sent, so requests that were already running close their connections too.
    fastify.addHook('onSend', (_request, reply, _payload, done) => {
      if (this.draining) reply.header('connection', 'close');
      done();
    });
  }

  get isDraining(): boolean {
    return this.draining;
  }

  /**
   * Starts draining: each response closes its connection, and new connections are still accepted while requests are running.
   * An order can wait eight seconds for its PSP, and new clients must not find the port closed in that time.
   * @param drainTimeoutMs time in milliseconds after which idle connections are closed
   * @returns when no connection is open, or when no client can still be waiting for a response
   */
  async start(within: number): Promise<void> {
    this.draining = true;
    const { server } = this.fastify;
    const patience = performance.now() + within;
    this.end = patience + LONGEST_ANSWER;
    while (performance.now() < this.end && (await connections(server)) > 0) {
      if (performance.now() >= patience) server.closeIdleConnections();
      await sleep(POLL);
    }
  }

  /** Closes the port and waits for the last requests. Closes all connections when no client can still be waiting for a response. */
  async finish(close: () => Promise<void>): Promise<void> {
    const left = Math.max(this.end - performance.now(), POLL);
    const cut = setTimeout(() => this.fastify.server.closeAllConnections(), left);
    try {
      await close();
    } finally {
      clearTimeout(cut);
    }
  }
}

function connections(server: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}
