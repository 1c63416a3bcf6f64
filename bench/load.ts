/** Puts load on servers and measures the cost of a request for each server. */
import autocannon from 'autocannon';
import type { Server } from './server.js';

const CONNECTIONS = 16;
/** Seconds of warm-up, until V8 has optimised the hot path. Smaller servers need less time. */
const WARM_UP = 5;
/** Seconds of load per contestant before the next contestant has its round. */
const ROUND = 1;

/** One kind of request to one server. */
export interface Contestant {
  server: Server;
  /** Returns the path of the n-th request. */
  path: (n: number) => string;
  headers?: Record<string, string>;
}

export interface Cost {
  requestsPerSecond: number;
  /** Microseconds of server CPU time per request. On a busy machine this varies less than requests per second. */
  cpu: number;
}

/** Totals of a contestant so far. */
interface Tally {
  requests: number;
  seconds: number;
  cpu: number;
}

/**
 * Runs the contestants in alternating short rounds, so that load from other processes affects all of them
 * equally.
 * @param seconds of load for each contestant
 * @throws Error when a response does not have status 200
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

/** @returns a function that runs one round of load; the request counter continues across rounds */
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
