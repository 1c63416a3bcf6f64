/**
 * A fake of Formance Payments v3.4.0 on localhost. It responds as the real service was observed to respond, even where this differs from
 * Formance's document. Without a worker, an installation gets no response. A missing token is answered with 401 and an empty body. In two
 * points the fake is simpler: ids are not encoded, so an unknown id is never an invalid one; and it rejects a cursor together with another
 * parameter, which the real service ignores.
 */
import { FakePsp, fakeRoute } from '@tributary/connector-api/testing';
import type { FakeRequest, FakeResponse, PspDocumentValidator } from '@tributary/connector-api/testing';
import { parseGoDuration } from '../payments/go-duration.js';
import { createCursorPage, findFilter } from './create-cursor-page.js';

export interface FakeConnector {
  id: string;
  name: string;
  provider: string;
  createdAt: string;
  scheduledForDeletion: boolean;
  config: Record<string, unknown>;
  schedules: FakeSchedule[];
}

export interface FakeSchedule {
  id: string;
  createdAt: string;
  pausedAt?: string;
  pausedReason?: string;
  runs: { id: string; createdAt: string; terminated: boolean; error?: string }[];
}

/** The number of objects on a page of a request without `pageSize`. */
const DEFAULT_PAGE_SIZE = 15;
/** Matches the only filter that the client uses. */
const CONNECTOR_FILTER_PATTERN = /^\{"\$match":\{"connector_id":"([^"]*)"\}\}$/;

export const FAKE_CLIENT = { id: 'tributary', secret: 'client-secret-that-must-not-show' };
export const FAKE_TOKEN = 'static-token-that-must-not-show';

export class FakeFormance {
  readonly connectors: FakeConnector[] = [];
  /** The complete payments of all connectors, newest first. The list that the fake serves omits their adjustments. */
  readonly payments: { id: string; adjustments: readonly unknown[]; [property: string]: unknown }[] = [];
  readonly accounts: object[] = [];
  /** The balances by the id of their account, newest first. */
  readonly balances = new Map<string, unknown[]>();
  readonly pools: {
    id: string;
    name: string;
    type: 'DYNAMIC' | 'STATIC';
    query?: unknown;
    poolAccounts?: readonly string[];
  }[] = [];
  /** The requests that changed data so far, each as method and path: `PATCH /v3/connectors/…`. */
  readonly writes: string[] = [];
  /** The number of access tokens that were issued. */
  tokens = 0;
  /** Whether a worker is running. Without a worker, the fake creates a connector but does not respond to the installation. */
  hasWorker = true;
  minimumPeriod = '20m0s';
  requiresToken = false;
  /** The maximum number of objects on a page, if the request does not have a smaller one. */
  pageSize = 2;
  psp!: FakePsp;
  private count = 0;

  /**
   * Starts the fake.
   * @param document Formance's own document. Requests and responses are checked against it
   */
  static async start(document?: PspDocumentValidator): Promise<FakeFormance> {
    const fake = new FakeFormance();
    const id = '/v3/connectors/{connectorID}';
    const guarded = (respond: (request: FakeRequest) => FakeResponse | Promise<FakeResponse>) => {
      return (request: FakeRequest) => fake.guard(request, respond);
    };
    fake.psp = await FakePsp.start({
      document,
      routes: [
        fakeRoute('POST', '/api/auth/oauth/token', (request) => fake.grantToken(request), {
          undocumentedReason: 'it belongs to another service',
        }),
        fakeRoute(
          'GET',
          '/v3/connectors',
          guarded((request) => fake.page(request, fake.connectors.map(toListItem))),
        ),
        fakeRoute(
          'POST',
          '/v3/connectors/install/{connector}',
          guarded((request) => fake.install(request)),
        ),
        fakeRoute(
          'GET',
          `${id}/config`,
          guarded((request) =>
            fake.withConnector(request, 'get connector: not found', ({ config }) => ({
              body: { data: config },
            })),
          ),
        ),
        fakeRoute(
          'PATCH',
          `${id}/config`,
          guarded((request) => fake.update(request)),
        ),
        fakeRoute(
          'DELETE',
          id,
          guarded((request) => fake.uninstall(request)),
        ),
        fakeRoute(
          'GET',
          `${id}/schedules`,
          guarded((request) => {
            const connector = fake.findConnector(request);
            const schedules = connector?.schedules.map((schedule) => toScheduleItem(connector, schedule));
            return fake.page(request, schedules ?? []);
          }),
        ),
        fakeRoute(
          'GET',
          `${id}/schedules/{scheduleID}/instances`,
          guarded((request) => fake.listRuns(request)),
        ),
        fakeRoute(
          'GET',
          '/v3/payments',
          guarded((request) =>
            fake.filteredPage(
              request,
              fake.payments.map(({ adjustments: _, ...payment }) => ({ ...payment, adjustments: null })),
            ),
          ),
        ),
        fakeRoute(
          'GET',
          '/v3/payments/{paymentID}',
          guarded(({ params }) => {
            const payment = fake.payments.find(({ id: known }) => known === params['paymentID']);
            return payment
              ? { body: { data: payment } }
              : problem('NOT_FOUND', 'cannot get payment: not found', 404);
          }),
        ),
        fakeRoute(
          'GET',
          '/v3/pools',
          guarded((request) => fake.page(request, fake.pools)),
        ),
        fakeRoute(
          'POST',
          '/v3/pools',
          guarded(({ body }) => {
            const { name, query } = body as { name?: string; query?: unknown };
            if (!name) return problem('VALIDATION', 'Name is a required field');
            if (query === undefined) return problem('VALIDATION', 'Query is a required field');
            const id = `pool-${fake.pools.length + 1}`;
            fake.pools.push({ id, name, type: 'DYNAMIC', query });
            return { status: 201, body: { data: id } };
          }),
        ),
        fakeRoute(
          'PATCH',
          '/v3/pools/{poolID}/query',
          guarded(({ params, body }) => {
            const pool = fake.pools.find(({ id: known }) => known === params['poolID']);
            if (!pool) return problem('NOT_FOUND', 'not found', 404);
            pool.query = (body as { query: unknown }).query;
            return { status: 204 };
          }),
        ),
        fakeRoute(
          'GET',
          '/v3/accounts',
          guarded((request) => fake.filteredPage(request, fake.accounts)),
        ),
        fakeRoute(
          'GET',
          '/v3/accounts/{accountID}/balances',
          guarded((request) =>
            fake.page(request, fake.balances.get(request.params['accountID'] ?? '') ?? []),
          ),
        ),
      ],
    });
    return fake;
  }

  get url(): string {
    return this.psp.url;
  }

  close(): Promise<void> {
    return this.psp.close();
  }

  /** Adds a connector as if it had been installed earlier. */
  addConnector(config: Record<string, unknown>, others: Partial<FakeConnector> = {}): FakeConnector {
    this.count += 1;
    const id = `connector-${this.count}`;
    const createdAt = '2026-01-02T03:04:05Z';
    const connector: FakeConnector = {
      ...{ id, name: String(config['name']), provider: 'generic', createdAt, scheduledForDeletion: false },
      config: {
        provider: 'Generic',
        ...config,
        pollingPeriod: normalizePeriod(config['pollingPeriod']),
      },
      schedules: ['FETCH_ACCOUNTS', 'FETCH_PAYMENTS'].map((name) => ({
        id: `${id}-${name}`,
        createdAt,
        runs: [],
      })),
      ...others,
    };
    this.connectors.push(connector);
    return connector;
  }

  private guard(
    request: FakeRequest,
    respond: (request: FakeRequest) => FakeResponse | Promise<FakeResponse>,
  ): FakeResponse | Promise<FakeResponse> {
    const isAllowed = [`Bearer ${FAKE_TOKEN}`, `Bearer access-${this.tokens}`];
    if (this.requiresToken && !isAllowed.includes(request.headers['authorization'] ?? ''))
      return { status: 401, undocumentedReason: 'observed: no body' };
    if (request.method !== 'GET') this.writes.push(`${request.method} ${request.path}`);
    return respond(request);
  }

  private grantToken({ headers, body }: FakeRequest): FakeResponse {
    const basic = Buffer.from(`${FAKE_CLIENT.id}:${FAKE_CLIENT.secret}`).toString('base64');
    const isRight =
      headers['authorization'] === `Basic ${basic}` &&
      (body as Record<string, string>)['grant_type'] === 'client_credentials';
    if (!isRight) return { status: 400, body: { error: 'invalid_client' } };
    this.tokens += 1;
    return { body: { access_token: `access-${this.tokens}`, token_type: 'Bearer', expires_in: 3600 } };
  }

  private page(request: FakeRequest, items: readonly unknown[]): FakeResponse {
    const { query } = request;
    if (query.has('cursor') && [...query.keys()].length > 1)
      return problem('VALIDATION', 'a cursor excludes every other parameter');
    const requested = Number(query.get('pageSize') ?? DEFAULT_PAGE_SIZE);
    if (!Number.isSafeInteger(requested) || requested < 0)
      return problem('VALIDATION', "invalid 'pageSize' query param");
    return createCursorPage(request, items, Math.min(this.pageSize, requested || DEFAULT_PAGE_SIZE));
  }

  /** Returns a page of the objects of the connector in the filter. An object without `connectorID` belongs to every connector. */
  private filteredPage(request: FakeRequest, items: readonly object[]): FakeResponse {
    const filter = findFilter(request);
    const connectorId = CONNECTOR_FILTER_PATTERN.exec(filter ?? '')?.[1];
    if (filter !== undefined && connectorId === undefined)
      return problem('VALIDATION', `unknown key in ${filter} when building query: validation error`);
    const found = items.filter((item) => {
      const { connectorID: owner } = item as { connectorID?: string };
      return owner === undefined || connectorId === undefined || owner === connectorId;
    });
    return this.page(request, found);
  }

  private install({ params, body }: FakeRequest): FakeResponse | Promise<FakeResponse> {
    const config = body as Record<string, unknown>;
    const problems = this.validate(config, params['connector']);
    if (problems !== undefined) return problems;
    if (this.connectors.some(({ name }) => name === config['name']))
      return problem('CONFLICT', 'object already exists');
    const { id } = this.addConnector(config, this.hasWorker ? {} : { schedules: [] });
    return this.hasWorker ? { status: 202, body: { data: id } } : new Promise(() => {});
  }

  private update(request: FakeRequest): FakeResponse {
    return this.withConnector(request, 'connector not found: not found', (connector) => {
      const config = request.body as Record<string, unknown>;
      const problems = this.validate(config);
      if (problems !== undefined) return problems;
      connector.config = {
        ...{ provider: 'Generic', ...config },
        pollingPeriod: normalizePeriod(config['pollingPeriod']),
      };
      connector.name = String(config['name']);
      for (const schedule of connector.schedules) {
        delete schedule.pausedAt;
        delete schedule.pausedReason;
      }
      return { status: 204 };
    });
  }

  private uninstall(request: FakeRequest): FakeResponse {
    return this.withConnector(request, 'cannot get connector: not found', (connector) => {
      this.connectors.splice(this.connectors.indexOf(connector), 1);
      return { status: 202, body: { data: { taskID: 'task-1' } } };
    });
  }

  private listRuns(request: FakeRequest): FakeResponse {
    const connector = this.findConnector(request);
    const schedule = connector?.schedules.find(({ id }) => id === request.params['scheduleID']);
    const runs = (schedule?.runs ?? []).map((run) => ({
      ...{ connectorID: connector?.id, scheduleID: request.params['scheduleID'], updatedAt: run.createdAt },
      ...run,
    }));
    return { body: { cursor: { pageSize: 10, hasMore: false, data: runs.slice(0, 10) } } };
  }

  private withConnector(
    request: FakeRequest,
    notFoundMessage: string,
    respond: (connector: FakeConnector) => FakeResponse,
  ): FakeResponse {
    const connector = this.findConnector(request);
    return connector ? respond(connector) : problem('NOT_FOUND', notFoundMessage, 404);
  }

  private findConnector({ params }: FakeRequest): FakeConnector | undefined {
    return this.connectors.find(({ id }) => id === params['connectorID']);
  }

  /**
   * Returns the response that rejects a configuration, or `undefined` if the configuration is accepted. The same configurations are rejected
   * in an update.
   */
  private validate(config: Record<string, unknown>, provider = 'generic'): FakeResponse | undefined {
    const { name, pollingPeriod = DEFAULT_POLLING_PERIOD } = config;
    if (typeof name !== 'string' || name === '') return invalid(`invalid config: ${describeField('Name')}`);
    if (name.length < 3) return invalid(`invalid config: ${describeField('Name', 'gte')}`);
    const periodMs = parseGoDuration(String(pollingPeriod));
    if (periodMs === undefined)
      return invalid(`invalid config: time: invalid duration ${JSON.stringify(pollingPeriod)}`);
    if (periodMs < (parseGoDuration(this.minimumPeriod) ?? 0))
      return invalid(
        `invalid config: polling period invalid: polling period cannot be lower than minimum of ${this.minimumPeriod}`,
      );
    if (provider !== 'generic')
      return problem('VALIDATION', `${provider}: plugin not found: validation error`);
    const missing = (
      [
        ['apiKey', 'APIKey'],
        ['endpoint', 'Endpoint'],
      ] as const
    ).filter(([property]) => typeof config[property] !== 'string');
    return missing.length === 0
      ? undefined
      : invalid(missing.map(([, field]) => describeField(field)).join('\n'));
  }
}

/** The polling period of a configuration that contains none. */
const DEFAULT_POLLING_PERIOD = '30m';

/** Describes a field of a configuration as Formance's validation does. */
function describeField(field: string, rule: 'required' | 'gte' = 'required'): string {
  return `Key: 'Config.${field}' Error:Field validation for '${field}' failed on the '${rule}' tag`;
}

/** Rejects a configuration. Formance adds the kind of the error to each message twice. */
function invalid(message: string): FakeResponse {
  return problem('VALIDATION', `${message}: validation error: validation error`);
}

function toListItem({ schedules: _, ...connector }: FakeConnector) {
  return { ...connector, reference: `reference-${connector.id}` };
}

function toScheduleItem(connector: FakeConnector, { runs: _, ...schedule }: FakeSchedule) {
  return { connectorID: connector.id, ...schedule };
}

function problem(errorCode: string, errorMessage: string, status = 400): FakeResponse {
  return { status, body: { errorCode, errorMessage } };
}

/** Formats a polling period as Go does: `2m` → `2m0s`. If a configuration has no period, Formance uses its default. */
function normalizePeriod(period: unknown = DEFAULT_POLLING_PERIOD): string {
  const seconds = Math.round((parseGoDuration(String(period)) ?? 0) / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds % 60}s`;
}
