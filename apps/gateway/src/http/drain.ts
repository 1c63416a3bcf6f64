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
   * From now on every answer ends its connection; new ones are still served.
   * @returns when nobody is connected any more, or after `within` milliseconds
   */
  async start(within: number): Promise<void> {
    this.draining = true;
    const end = performance.now() + within;
    while (performance.now() < end && (await connections(this.fastify.server)) > 0) await sleep(POLL);
  }

  /** Closes what is idle, waits for the answers under way, and breaks off what nobody waits for any more. */
  async finish(close: () => Promise<void>): Promise<void> {
    const cut = setTimeout(() => this.fastify.server.closeAllConnections(), LONGEST_ANSWER);
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
