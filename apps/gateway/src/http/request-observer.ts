/** Counts every request and its duration, and logs it: every failed request, and at level `debug` every request. */
import { connectorOf, contractResource } from '@tributary/connector-api/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { Logger } from '../logging/index.js';
import { servedRoute, type Mounted } from './mounted-routes.js';

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
  /** Metrics by route and status, so that labels are resolved only once. */
  private readonly measures = new Map<string, Measures>();
  private readonly logsAll: boolean;

  constructor(
    private readonly logger: Logger,
    registry: Registry,
    /** Only the paths of these connectors become metric labels, so that clients cannot create new labels. */
    private readonly connectors: Mounted,
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
    const served = servedRoute(request, this.connectors);
    const { count, seconds } = this.measuresOf(served ?? this.meantRoute(request), reply.statusCode);
    count.inc();
    seconds.observe(reply.elapsedTime / 1000);
    if (this.logsAll || reply.statusCode >= 400) this.log(request, reply, served ?? shownPath(request.url));
  }

  private log(request: FastifyRequest, reply: FastifyReply, path: string): void {
    const status = reply.statusCode;
    const level = status >= 500 ? 'error' : status >= 400 ? 'info' : 'debug';
    this.logger[level](
      {
        request: request.id,
        method: request.method,
        path,
        status,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        client: request.ip,
      },
      'request',
    );
  }

  /** Returns the contract's route for a request that matched no route, e.g. because of its method. */
  private meantRoute(request: FastifyRequest): string {
    const resource = contractResource(request.url);
    if (resource === undefined) return UNKNOWN;
    return this.connectors.has(resource.connector)
      ? `/${resource.connector}${resource.route}`
      : resource.route;
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

const ESCAPED = /[^/]*%[^/]*/g;

/** Removes the query and percent-encoded segments, because both can contain a key that the redactor does not recognise. */
function shownPath(url: string): string {
  const [path = ''] = url.split('?', 1);
  return path.replace(ESCAPED, '…').slice(0, LONGEST_PATH);
}
