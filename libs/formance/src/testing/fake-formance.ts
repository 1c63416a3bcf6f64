/**
 * A fake of Formance Payments v3.4.0 on localhost. It responds as the real service was observed to respond, even where this differs from
 * Formance's document. Without a worker, an installation gets no response. A missing token is answered with 401 and an empty body.
 */
import { FakePsp, fakeRoute } from '@tributary/connector-api/testing';
import type { FakeRequest, FakeResponse, PspDocumentValidator } from '@tributary/connector-api/testing';
import { parseGoDuration } from '../payments/go-duration.js';
import { createCursorPage } from './create-cursor-page.js';

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

export const FAKE_CLIENT = { id: 'tributary', secret: 'client-secret-that-must-not-show' };
export const FAKE_TOKEN = 'static-token-that-must-not-show';

export class FakeFormance {
  readonly connectors: FakeConnector[] = [];
  /** The complete payments of all connectors, newest first. The list that the fake serves omits their adjustments. */
  readonly payments: { id: string; adjustments: readonly unknown[]; [property: string]: unknown }[] = [];
  readonly accounts: unknown[] = [];
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
  /** The maximum number of objects on a page. */
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
          guarded((request) => fake.withConnector(request, ({ config }) => ({ body: { data: config } }))),
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
          guarded((request) =>
            fake.withConnector(request, (connector) =>
              fake.page(
                request,
                connector.schedules.map((schedule) => toScheduleItem(connector, schedule)),
              ),
            ),
          ),
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
            fake.page(
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
            return payment ? { body: { data: payment } } : problem('NOT_FOUND', 'payment not found', 404);
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
            const { name, query } = body as { name: string; query: unknown };
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
            if (!pool) return problem('NOT_FOUND', 'pool not found', 404);
            pool.query = (body as { query: unknown }).query;
            return { status: 204 };
          }),
        ),
        fakeRoute(
          'GET',
          '/v3/accounts',
          guarded((request) => fake.page(request, fake.accounts)),
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
        pollingPeriod: normalizePeriod(String(config['pollingPeriod'])),
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
    return createCursorPage(request, items, this.pageSize);
  }

  private install({ params, body }: FakeRequest): FakeResponse | Promise<FakeResponse> {
    const config = body as Record<string, unknown>;
    const problems = this.validate(config);
    if (problems !== undefined) return problems;
    if (params['connector'] !== 'generic') return problem('VALIDATION', 'unknown provider');
    if (this.connectors.some(({ name }) => name === config['name']))
      return problem('CONFLICT', 'connector already exists: duplicate key value');
    const { id } = this.addConnector(config, this.hasWorker ? {} : { schedules: [] });
    return this.hasWorker ? { status: 202, body: { data: id } } : new Promise(() => {});
  }

  private update(request: FakeRequest): FakeResponse {
    return this.withConnector(request, (connector) => {
      const config = request.body as Record<string, unknown>;
      const problems = this.validate(config);
      if (problems !== undefined) return problems;
      connector.config = { ...config, pollingPeriod: normalizePeriod(String(config['pollingPeriod'])) };
      connector.name = String(config['name']);
      for (const schedule of connector.schedules) {
        delete schedule.pausedAt;
        delete schedule.pausedReason;
      }
      return { status: 204 };
    });
  }

  private uninstall(request: FakeRequest): FakeResponse {
    return this.withConnector(request, (connector) => {
      this.connectors.splice(this.connectors.indexOf(connector), 1);
      return { status: 202, body: { data: { taskID: 'task-1' } } };
    });
  }

  private listRuns(request: FakeRequest): FakeResponse {
    return this.withConnector(request, (connector) => {
      const schedule = connector.schedules.find(({ id }) => id === request.params['scheduleID']);
      const runs = (schedule?.runs ?? []).map((run) => ({
        ...{ connectorID: connector.id, scheduleID: request.params['scheduleID'], updatedAt: run.createdAt },
        ...run,
      }));
      return { body: { cursor: { pageSize: 10, hasMore: false, data: runs.slice(0, 10) } } };
    });
  }

  private withConnector(
    request: FakeRequest,
    respond: (connector: FakeConnector) => FakeResponse,
  ): FakeResponse {
    const connector = this.connectors.find(({ id }) => id === request.params['connectorID']);
    return connector ? respond(connector) : problem('NOT_FOUND', 'connector not found', 404);
  }

  /**
   * Returns the response that rejects a configuration, or `undefined` if the configuration is accepted. A missing property is rejected in
   * an update, too.
   */
  private validate(config: Record<string, unknown>): FakeResponse | undefined {
    for (const field of ['name', 'apiKey', 'endpoint', 'pollingPeriod'])
      if (typeof config[field] !== 'string')
        return problem('VALIDATION', `[VALIDATION] missing required config field: ${field}`);
    if (String(config['name']).length < 3)
      return problem(
        'VALIDATION',
        "Key: 'Config.Name' Error:Field validation for 'Name' failed on the 'gte' tag",
      );
    const periodMs = parseGoDuration(String(config['pollingPeriod'])) ?? 0;
    if (periodMs < (parseGoDuration(this.minimumPeriod) ?? 0))
      return problem('VALIDATION', `polling period cannot be lower than minimum of ${this.minimumPeriod}`);
    return undefined;
  }
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

/** Formats a polling period as Go does: `2m` → `2m0s`. */
function normalizePeriod(period: string): string {
  const seconds = Math.round((parseGoDuration(period) ?? 0) / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds % 60}s`;
}
