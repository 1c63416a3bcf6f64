/** Sends the requests to Formance Payments v3 that the commands `tributary formance …` need. */
import type { PaymentAdjustment, PaymentSummary } from '../delivery/delivery.types.js';
import type { CursorPage, FormanceHttp } from '../http/formance-http.js';
import {
  parseAccount,
  parseAccountBalance,
  parseAdjustments,
  parseConnector,
  parseGenericConfig,
  parsePaymentSummary,
  parsePool,
  parseSchedule,
  parseScheduleRun,
} from './parse-payments.js';
import type {
  GenericConfig,
  InstalledConnector,
  Pool,
  PoolQuery,
  Schedule,
  ScheduleRun,
  StoredAccount,
} from './payments.types.js';

/**
 * The timeout of an installation in milliseconds. If Formance has no running worker, it creates the connector but does not respond. The
 * installation is not repeated, because Formance would then reject it.
 */
const INSTALL_TIMEOUT_MS = 20_000;
/** The maximum number of runs of a schedule that are read, newest first. */
const MAX_RUNS = 10;

export interface PaymentsClientOptions {
  /** The timeout of an installation in milliseconds. Default: 20 000. */
  installTimeoutMs?: number;
}

/** The client of Formance Payments. Every method throws `FormanceError` if its request fails. */
export class PaymentsClient {
  readonly #installTimeoutMs: number;

  constructor(
    private readonly http: FormanceHttp,
    { installTimeoutMs = INSTALL_TIMEOUT_MS }: PaymentsClientOptions = {},
  ) {
    this.#installTimeoutMs = installTimeoutMs;
  }

  listConnectors(): AsyncGenerator<InstalledConnector> {
    return this.http.list({ path: '/v3/connectors' }, parseConnector);
  }

  /** Returns the configuration of a connector of the provider `generic`, with its API key in clear text. */
  async getGenericConfig(connectorId: string): Promise<GenericConfig> {
    const config = await this.http.send(
      { method: 'GET', path: '/v3/connectors/{id}/config', params: { id: connectorId } },
      parseGenericConfig,
    );
    this.http.protectSecret(config.apiKey);
    return config;
  }

  /**
   * Installs a connector of the provider `generic`. The request is sent only once.
   * @returns the id of the connector
   * @throws FormanceError `unknown-outcome` if Formance does not respond; the connector may exist nevertheless
   * @throws FormanceError `conflict` if the name is already used
   */
  installGeneric(config: GenericConfig): Promise<string> {
    this.http.protectSecret(config.apiKey);
    return this.http.send(
      {
        method: 'POST',
        path: '/v3/connectors/install/{provider}',
        params: { provider: 'generic' },
        body: toBody(config),
        timeoutMs: this.#installTimeoutMs,
      },
      (json) => json.string('data'),
    );
  }

  /** Replaces the configuration of a connector. Sending the same configuration again resumes the paused schedules of the connector. */
  async updateGenericConfig(connectorId: string, config: GenericConfig): Promise<void> {
    this.http.protectSecret(config.apiKey);
    await this.http.send(
      {
        method: 'PATCH',
        path: '/v3/connectors/{id}/config',
        params: { id: connectorId },
        body: toBody(config),
        idempotent: true,
      },
      () => undefined,
    );
  }

  /** Removes a connector together with all data that Formance read from it. Static pools lose the accounts of the connector. */
  async uninstall(connectorId: string): Promise<void> {
    await this.http.send(
      { method: 'DELETE', path: '/v3/connectors/{id}', params: { id: connectorId } },
      () => undefined,
    );
  }

  listSchedules(connectorId: string): AsyncGenerator<Schedule> {
    return this.http.list(
      { path: '/v3/connectors/{id}/schedules', params: { id: connectorId } },
      parseSchedule,
    );
  }

  /** Returns the last runs of a schedule, newest first. */
  async listRecentRuns(connectorId: string, scheduleId: string): Promise<ScheduleRun[]> {
    const runs = await this.http.send(
      {
        method: 'GET',
        path: '/v3/connectors/{id}/schedules/{schedule}/instances',
        params: { id: connectorId, schedule: scheduleId },
        query: { pageSize: MAX_RUNS },
      },
      (json) => json.array('cursor', 'data').map(parseScheduleRun),
    );
    return runs.sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
  }

  /** Yields the pages of a connector's payments, the newest payment first. The list contains no adjustments. */
  listPaymentPages(connectorId: string, cursor?: string): AsyncGenerator<CursorPage<PaymentSummary>> {
    const filter = { $match: { connector_id: connectorId } };
    return this.http.listPages({ path: '/v3/payments', filter, cursor }, parsePaymentSummary);
  }

  /** Returns the adjustments of a payment, i.e. its versions. */
  findAdjustments(paymentId: string): Promise<PaymentAdjustment[]> {
    return this.http.send(
      { method: 'GET', path: '/v3/payments/{id}', params: { id: paymentId } },
      parseAdjustments,
    );
  }

  /** Yields the accounts of a connector. These are own accounts and counterparties. */
  listAccounts(connectorId: string): AsyncGenerator<StoredAccount> {
    return this.http.list(
      { path: '/v3/accounts', filter: { $match: { connector_id: connectorId } } },
      parseAccount,
    );
  }

  /**
   * Returns the newest balance of an account in each of these assets, in minor units as decimal digits. Assets without a balance are left
   * out. The list of balances begins with the newest, so it is read only until every asset was found.
   */
  async findNewestBalances(accountId: string, assets: ReadonlySet<string>): Promise<Map<string, string>> {
    const request = { path: '/v3/accounts/{id}/balances', params: { id: accountId } };
    const newest = new Map<string, string>();
    for await (const { asset, amount } of this.http.list(request, parseAccountBalance)) {
      if (assets.has(asset) && !newest.has(asset)) newest.set(asset, amount);
      if (newest.size === assets.size) break;
    }
    return newest;
  }

  listPools(): AsyncGenerator<Pool> {
    return this.http.list({ path: '/v3/pools' }, parsePool);
  }

  /**
   * Creates a dynamic pool.
   * @returns the id of the pool
   */
  createPool(name: string, query: PoolQuery): Promise<string> {
    return this.http.send({ method: 'POST', path: '/v3/pools', body: { name, query } }, (json) =>
      json.string('data'),
    );
  }

  /** Replaces the query of a dynamic pool. */
  async updatePoolQuery(poolId: string, query: PoolQuery): Promise<void> {
    await this.http.send(
      {
        ...{ method: 'PATCH', path: '/v3/pools/{id}/query', params: { id: poolId } },
        body: { query },
        idempotent: true,
      },
      () => undefined,
    );
  }
}

function toBody({ others, name, endpoint, apiKey, pollingPeriod }: GenericConfig) {
  return { ...others, name, endpoint, apiKey, pollingPeriod };
}
