/**
 * Stopping without refusing anybody: a client that is refused the connection takes its payout for failed.
 */
import type { FastifyInstance } from 'fastify';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL = 20;
/** No client waits longer for its answer. */
const LONGEST_ANSWER = 10_000;

export class Drain {
  private draining = false;
  /** Of everybody's patience, by the monotonic clock. */
  private end = 0;

  constructor(private readonly fastify: FastifyInstance) {
    // With the answer, not with the request: one that is under way already ends its connection, too.
    fastify.addHook('onSend', (_request, reply, _payload, done) => {
      if (this.draining) reply.header('connection', 'close');
      done();
    });
  }

  get isDraining(): boolean {
    return this.draining;
  }

  /**
   * From now on every answer ends its connection; new ones are still served, and as long as answers are under way: an order may wait
   * eight seconds for its PSP, and whoever comes meanwhile must not find the port closed.
   * @returns when nobody is connected any more, or after `within` milliseconds when nothing is under way, or when nobody waits any more
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

  /** Closes the port and what is idle, waits for what came at the last moment, and breaks off what nobody waits for any more. */
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
