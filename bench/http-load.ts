/** Sends many requests to servers, and measures the cost of a request for each server. */
import autocannon from 'autocannon';
import type { MeasuredServer } from './measured-server.js';

const CONNECTION_COUNT = 16;
/** The duration of the warm-up in seconds, until V8 has optimised the code that runs most often. Smaller servers need less time. */
const WARM_UP_SECONDS = 5;
/** The duration of a round in seconds, i.e. of the load on one variant before the next variant's round. */
const ROUND_SECONDS = 1;

/** One kind of request to one server. */
export interface Contestant {
  server: MeasuredServer;
  /** Returns the path of the n-th request. */
  path: (n: number) => string;
  headers?: Record<string, string>;
}

export interface RequestCost {
  requestsPerSecond: number;
  /** The CPU time of the server per request, in microseconds. On a busy machine, it varies less than the number of requests per second. */
  cpuMicroseconds: number;
}

/** The totals of a variant so far. */
interface LoadTotals {
  requests: number;
  seconds: number;
  cpuMicroseconds: number;
}

/**
 * Runs the variants in short alternating rounds, so that load from other processes affects all variants equally.
 * @param seconds the duration of the load for each variant in seconds
 * @throws Error if a response does not have status 200
 */
export async function runRounds<Name extends string>(
  contestants: Readonly<Record<Name, Contestant>>,
  seconds: number,
): Promise<Record<Name, RequestCost>> {
  const all = Object.entries<Contestant>(contestants).map(([name, contestant]) => ({
    name,
    run: createLoad(contestant),
    tally: { requests: 0, seconds: 0, cpuMicroseconds: 0 },
  }));
  for (const { run } of all) await run(WARM_UP_SECONDS);
  for (let round = 0; round < seconds / ROUND_SECONDS; round++) {
    for (const each of all) each.tally = addTotals(each.tally, await each.run(ROUND_SECONDS));
  }
  const costs = all.map(({ name, tally }) => [name, toRequestCost(tally)] as const);
  return Object.fromEntries(costs) as Record<Name, RequestCost>;
}

/** Returns a function that runs one round of load. The number of the request continues across rounds. */
function createLoad({ server, path, headers = {} }: Contestant): (duration: number) => Promise<LoadTotals> {
  let n = 0;
  return async (duration) => {
    const before = await server.cpuMicroseconds();
    const result = await autocannon({
      url: server.origin,
      connections: CONNECTION_COUNT,
      duration,
      requests: [{ method: 'GET', headers, setupRequest: (request) => ({ ...request, path: path(n++) }) }],
    });
    const good = result['2xx'];
    if (good === 0 || result.non2xx > 0 || result.errors > 0) {
      throw new Error(
        `${server.name}: ${good} good answers, ${result.non2xx} others, ${result.errors} errors`,
      );
    }
    return {
      requests: good,
      seconds: result.duration,
      cpuMicroseconds: (await server.cpuMicroseconds()) - before,
    };
  };
}

function addTotals(a: LoadTotals, b: LoadTotals): LoadTotals {
  return {
    requests: a.requests + b.requests,
    seconds: a.seconds + b.seconds,
    cpuMicroseconds: a.cpuMicroseconds + b.cpuMicroseconds,
  };
}

function toRequestCost({ requests, seconds, cpuMicroseconds }: LoadTotals): RequestCost {
  return { requestsPerSecond: requests / seconds, cpuMicroseconds: cpuMicroseconds / requests };
}
