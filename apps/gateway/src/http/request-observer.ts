/**
 * Counts every request, measures its duration, and logs it. `LogLineLimiter` limits the log lines about failed requests. At the level `debug`,
 * every request is logged.
 */
import { parseConnectorPathFromUrl, matchResource } from '@tributary/connector-api/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { LogLineLimiter, Logger } from '../logging/index.js';
import { STREAMS } from '@tributary/connector-api';
import type { ReaderPositionRecorder } from '../mount/reader-position-recorder.js';
import { isAuthorized } from './route-authorization.js';
import { findMatchedRoute, findRequestedConnector, type ConnectorPathSet } from './shared-route-table.js';

const UNKNOWN_ROUTE = 'unknown';
const MAX_LOGGED_PATH_LENGTH = 200;
const DURATION_BUCKETS_SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 10];

interface RequestMetrics {
  count: Counter.Internal;
  seconds: Histogram.Internal<'route'>;
}

export class RequestObserver {
  private readonly requests: Counter<'connector' | 'route' | 'status'>;
  private readonly seconds: Histogram<'route'>;
  /** The metrics by route and status. They are kept, so that the labels are resolved only once. */
  private readonly metrics = new Map<string, RequestMetrics>();
  private readonly logsAllRequests: boolean;

  constructor(
    private readonly logger: Logger,
    private readonly lineLimiter: LogLineLimiter,
    registry: Registry,
    private readonly readers: Pick<ReaderPositionRecorder, 'recordUnauthorized'>,
  ) {
    this.logsAllRequests = logger.isLevelEnabled('debug');
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
      buckets: DURATION_BUCKETS_SECONDS,
      registers: [registry],
    });
  }

  /**
   * Observes the requests of a server.
   * @param connectors the connectors whose paths become metric labels. Other paths do not, because clients could otherwise create any
   * number of labels
   */
  observe(fastify: FastifyInstance, connectors: ConnectorPathSet): void {
    fastify.addHook('onResponse', (request, reply, done) => {
      this.record(request, reply, connectors);
      done();
    });
  }

  private record(request: FastifyRequest, reply: FastifyReply, connectors: ConnectorPathSet): void {
    const served = findMatchedRoute(request, connectors);
    const { count, seconds } = this.getMetrics(
      served ?? this.findIntendedRoute(request, connectors),
      reply.statusCode,
    );
    count.inc();
    seconds.observe(reply.elapsedTime / 1000);
    if (reply.statusCode === 401) this.recordUnauthorized(request, connectors);
    if (this.logsAllRequests || reply.statusCode >= 400)
      this.log(request, reply, served ?? redactPath(request.url), connectors);
  }

  /** Counts a list request without a valid key. The diagnosis of the connector uses this number. */
  private recordUnauthorized(request: FastifyRequest, connectors: ConnectorPathSet): void {
    const resource = matchResource(request.url);
    const stream = STREAMS.find((one) => resource?.route === `/${one}`);
    if (resource !== undefined && stream !== undefined && connectors.has(resource.connectorPath))
      this.readers.recordUnauthorized(resource.connectorPath, stream);
  }

  private log(
    request: FastifyRequest,
    reply: FastifyReply,
    path: string,
    connectors: ConnectorPathSet,
  ): void {
    const status = reply.statusCode;
    const level = status >= 500 ? 'error' : status >= 400 ? 'info' : 'debug';
    if (!this.logsAllRequests && !this.admitLine(request, status, level, connectors)) return;
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

  /**
   * Returns true if the line may be written. Lines about requests without a valid key share one group, because clients without a key could
   * otherwise create any number of groups.
   */
  private admitLine(
    request: FastifyRequest,
    status: number,
    level: 'debug' | 'info' | 'error',
    connectors: ConnectorPathSet,
  ): boolean {
    const group = { of: 'request', level, status };
    const connector = isAuthorized(request) ? findRequestedConnector(request, connectors) : undefined;
    return this.lineLimiter.admit(connector === undefined ? group : { ...group, connector }, request.ip);
  }

  /** Returns the route of the contract that the path belongs to, for a request that matched no route, e.g. because of its method. */
  private findIntendedRoute(request: FastifyRequest, connectors: ConnectorPathSet): string {
    const resource = matchResource(request.url);
    if (resource === undefined) return UNKNOWN_ROUTE;
    return connectors.has(resource.connectorPath)
      ? `/${resource.connectorPath}${resource.route}`
      : resource.route;
  }

  private getMetrics(route: string, status: number): RequestMetrics {
    const key = `${status} ${route}`;
    let metrics = this.metrics.get(key);
    if (metrics === undefined) {
      const connector = parseConnectorPathFromUrl(route) ?? '';
      const label = connector === '' ? route : route.slice(connector.length + 1);
      metrics = {
        count: this.requests.labels({ connector, route: label, status }),
        seconds: this.seconds.labels({ route: label }),
      };
      this.metrics.set(key, metrics);
    }
    return metrics;
  }
}

const PERCENT_ENCODED_SEGMENT = /[^/]*%[^/]*/g;

/** Removes the query and percent-encoded segments from the URL. Both can contain a key that the redactor does not recognise. */
function redactPath(url: string): string {
  const [path = ''] = url.split('?', 1);
  return path.replace(PERCENT_ENCODED_SEGMENT, '…').slice(0, MAX_LOGGED_PATH_LENGTH);
}
