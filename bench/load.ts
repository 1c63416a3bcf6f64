/** Load on servers, and what a request costs each of them. */
import autocannon from 'autocannon';
import type { Server } from './server.js';

const CONNECTIONS = 16;
/** Seconds until the compiler has made what it can of the server's hot path: the smaller the server, the sooner. */
const WARM_UP = 5;
/** Seconds for which one is under load before the next one is. */
const ROUND = 1;

/** One kind of request at a server. */
export interface Contestant {
  server: Server;
  /** Of the n-th request. */
  path: (n: number) => string;
  headers?: Record<string, string>;
}

export interface Cost {
  requestsPerSecond: number;
  /** Microseconds of the server's processor per request: steadier than requests per second on a busy machine. */
  cpu: number;
}

/** What a contestant has done so far. */
interface Tally {
  requests: number;
  seconds: number;
  cpu: number;
}

/**
 * They take turns in short rounds, so that a busy machine is equally busy for each.
 * @param seconds of load for each
 * @throws Error when any answer is not 200
 */
export async function race<Name extends string>(
  contestants: Readonly<Record<Name, Contestant>>,
  seconds: number,
): Promise<Record<Name, Cost>> {
  const all = Object.entries<Contestant>(contestants).map(([name, contestant]) => ({
    name,
    run: loadOn(contestant),
    tally: { requests: 0, seconds: 0, cpu: 0 },
  }));
  for (const { run } of all) await run(WARM_UP);
  for (let round = 0; round < seconds / ROUND; round++) {
    for (const each of all) each.tally = sum(each.tally, await each.run(ROUND));
  }
  const costs = all.map(({ name, tally }) => [name, costOf(tally)] as const);
  return Object.fromEntries(costs) as Record<Name, Cost>;
}

/** @returns what puts it under load for so many seconds; each request of all its rounds is the next one */
function loadOn({ server, path, headers = {} }: Contestant): (duration: number) => Promise<Tally> {
  let n = 0;
  return async (duration) => {
    const before = await server.cpu();
    const result = await autocannon({
      url: server.origin,
      connections: CONNECTIONS,
      duration,
      requests: [{ method: 'GET', headers, setupRequest: (request) => ({ ...request, path: path(n++) }) }],
    });
    const good = result['2xx'];
    if (good === 0 || result.non2xx > 0 || result.errors > 0) {
      throw new Error(
        `${server.name}: ${good} good answers, ${result.non2xx} others, ${result.errors} errors`,
      );
    }
    return { requests: good, seconds: result.duration, cpu: (await server.cpu()) - before };
  };
}

function sum(a: Tally, b: Tally): Tally {
  return { requests: a.requests + b.requests, seconds: a.seconds + b.seconds, cpu: a.cpu + b.cpu };
}

function costOf({ requests, seconds, cpu }: Tally): Cost {
  return { requestsPerSecond: requests / seconds, cpu: cpu / requests };
}
