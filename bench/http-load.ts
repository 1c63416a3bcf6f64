/** Puts load on servers and measures the cost of a request for each server. */
import autocannon from 'autocannon';
import type { MeasuredServer } from './measured-server.js';

const CONNECTION_COUNT = 16;
/** Seconds of warm-up, until V8 has optimised the hot path. Smaller servers need less time. */
const WARM_UP_SECONDS = 5;
/** Seconds of load on one variant before the round of the next variant. */
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
  /** Microseconds of server CPU time per request. On a busy machine this varies less than requests per second. */
  cpuMicroseconds: number;
}

/** Totals of a contestant so far. */
interface LoadTotals {
  requests: number;
  seconds: number;
  cpuMicroseconds: number;
}

/**
 * Runs the variants in alternating short rounds, so that load from other processes affects all variants equally.
 * @param seconds seconds of load for each variant
 * @throws Error when a response does not have status 200
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

/** @returns a function that runs one round of load; the request counter continues across rounds */
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
