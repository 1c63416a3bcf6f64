/** One log line and one count for every request that was answered. */
import { connectorOf } from '@tributary/connector-api/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { Logger } from '../logging/index.js';

const UNKNOWN = 'unknown';
const LONGEST_PATH = 200;
const SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 10];

interface Measures {
  count: Counter.Internal;
  seconds: Histogram.Internal<'route'>;
}

export class RequestObserver {
  private readonly requests: Counter<'connector' | 'route' | 'status'>;
  private readonly seconds: Histogram<'route'>;
  /** By route and status: labels are resolved once. */
  private readonly measures = new Map<string, Measures>();
  private readonly logsAll: boolean;

  constructor(
    private readonly logger: Logger,
    registry: Registry,
  ) {
    this.logsAll = logger.isLevelEnabled('debug');
    this.requests = new Counter({
      name: 'tributary_http_requests_total',
      help: 'Requests answered',
      labelNames: ['connector', 'route', 'status'],
      registers: [registry],
    });
    this.seconds = new Histogram({
      name: 'tributary_http_request_seconds',
      help: 'Time from the request to the end of the answer',
      labelNames: ['route'],
      buckets: SECONDS,
      registers: [registry],
    });
  }

  observe(fastify: FastifyInstance): void {
    fastify.addHook('onResponse', (request, reply, done) => {
      this.record(request, reply);
      done();
    });
  }

  private record(request: FastifyRequest, reply: FastifyReply): void {
    const route = request.is404 ? UNKNOWN : (request.routeOptions.url ?? UNKNOWN);
    const { count, seconds } = this.measuresOf(route, reply.statusCode);
    count.inc();
    seconds.observe(reply.elapsedTime / 1000);
    if (this.logsAll || reply.statusCode >= 400) this.log(request, reply, route);
  }

  private log(request: FastifyRequest, reply: FastifyReply, route: string): void {
    const status = reply.statusCode;
    const level = status >= 500 ? 'error' : status >= 400 ? 'info' : 'debug';
    this.logger[level](
      {
        request: request.id,
        method: request.method,
        // Without the query: somebody may have put a key into it.
        path: route === UNKNOWN ? request.url.split('?', 1)[0]?.slice(0, LONGEST_PATH) : route,
        status,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        client: request.ip,
      },
      'request',
    );
  }

  private measuresOf(route: string, status: number): Measures {
    const key = `${status} ${route}`;
    let measures = this.measures.get(key);
    if (measures === undefined) {
      const connector = connectorOf(route) ?? '';
      const label = connector === '' ? route : route.slice(connector.length + 1);
      measures = {
        count: this.requests.labels({ connector, route: label, status }),
        seconds: this.seconds.labels({ route: label }),
      };
      this.measures.set(key, measures);
    }
    return measures;
  }
}
