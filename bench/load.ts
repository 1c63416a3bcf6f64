/** Load on one server, and what a request cost it. */
import autocannon from 'autocannon';
import type { Server } from './server.js';

const CONNECTIONS = 16;
/** Seconds until the compiler has made what it can of the server's hot path: the smaller the server, the sooner. */
const WARM_UP = 5;

export interface Cost {
  requestsPerSecond: number;
  /** Microseconds of the server's processor per request: steadier than requests per second on a busy machine. */
  cpu: number;
}

/** @param path of the n-th request. @throws Error when any answer is not 200. */
export async function measure(
  server: Server,
  path: (n: number) => string,
  seconds: number,
  headers: Record<string, string> = {},
): Promise<Cost> {
  let n = 0;
  const run = async (duration: number) =>
    autocannon({
      url: server.origin,
      connections: CONNECTIONS,
      duration,
      requests: [{ method: 'GET', headers, setupRequest: (request) => ({ ...request, path: path(n++) }) }],
    });
  await run(WARM_UP);
  const before = await server.cpu();
  const result = await run(seconds);
  const cpu = (await server.cpu()) - before;
  const good = result['2xx'];
  if (good === 0 || result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${server.name}: ${good} good answers, ${result.non2xx} others, ${result.errors} errors`);
  }
  return { requestsPerSecond: good / result.duration, cpu: cpu / good };
}
