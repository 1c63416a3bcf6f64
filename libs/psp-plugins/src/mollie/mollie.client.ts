/** The HTTP client for the part of Mollie's API that the plugin uses. Lists are newest first. */
import { Injectable } from '@nestjs/common';
import { readText } from '@tributary/connector-api';
import { PspHttp } from '@tributary/connector-api/http';
import type { Json, JsonBody } from '@tributary/connector-api/http';
import { listWhereAllowed, readAllRows, requestHalPage } from '@tributary/connector-api/listing';
import type { HalPageRequest, TokenPage } from '@tributary/connector-api/listing';
import { MollieSettings } from './mollie.config.js';
import type { AccountResource } from './mollie.vocabulary.js';

const BUSINESS_PATH = '/v2/business-accounts';

/** The paths of the resources, and the names of their lists in a response. */
const RESOURCES = {
  /** The list needs the scope balances.read. */
  balances: { path: '/v2/balances', list: 'balances', journal: 'balance_transactions' },
  /** The list needs the scope business-accounts.read. */
  businessAccounts: { path: `${BUSINESS_PATH}/accounts`, list: 'businessAccounts', journal: 'transactions' },
  /** The list needs the scope payouts.read. Creating payouts needs payouts.write. */
  payouts: { path: '/v2/payouts', list: 'payouts' },
  /** The list needs the scope business-account-draft-transfers.read. Creating drafts needs business-account-draft-transfers.write. */
  draftTransfers: { path: `${BUSINESS_PATH}/draft-transfers`, list: 'draft_transfers' },
} as const;

/** The options of a request for a page. The token is the id of the first row of the page. It is absent for the newest page. */
type PageRequest = Pick<HalPageRequest, 'token' | 'params' | 'query' | 'signal'>;

@Injectable()
export class MollieClient {
  constructor(
    private readonly http: PspHttp,
    private readonly settings: MollieSettings,
  ) {}

  /** Returns one object: `GET /v2/payouts/{id}`. */
  find(resource: keyof typeof RESOURCES, id: string): Promise<Json | undefined> {
    return this.http.find(`${RESOURCES[resource].path}/{id}`, { params: { id }, query: this.testmode });
  }

  /**
   * Creates a payout or a draft transfer: `POST /v2/payouts`.
   * @param idempotencyKey if a request is repeated with the same key, Mollie sends its first response again
   */
  create(
    resource: 'payouts' | 'draftTransfers',
    body: Readonly<Record<string, JsonBody | undefined>>,
    idempotencyKey: string,
  ): Promise<Json> {
    const headers = { 'idempotency-key': idempotencyKey };
    return this.http.post(RESOURCES[resource].path, { body: { ...body, ...this.testmode }, headers });
  }

  /** Returns all balances, or all business accounts. If the settings exclude business accounts, their list is empty. */
  listAccounts(resource: AccountResource): Promise<Json[]> {
    const access = resource === 'balances' ? 'required' : this.settings.businessAccounts;
    const getId = (row: Json) => readText(row, 'id') ?? row.toJsonString();
    return listWhereAllowed(access, () => readAllRows((token) => this.list(resource, { token }), getId));
  }

  /** Returns a page of a list: `GET /v2/payouts`. */
  list(resource: keyof typeof RESOURCES, request: PageRequest): Promise<TokenPage<Json>> {
    const { path, list } = RESOURCES[resource];
    return this.requestPage(path, list, request);
  }

  /** Returns a page of the journal of an account: `GET /v2/balances/{id}/transactions`. */
  listJournal(resource: AccountResource, id: string, request: PageRequest): Promise<TokenPage<Json>> {
    const { path, journal } = RESOURCES[resource];
    const query = resource === 'businessAccounts' ? { sort: 'desc' } : {};
    return this.requestPage(`${path}/{id}/transactions`, journal, { ...request, query, params: { id } });
  }

  /**
   * Requests a page.
   * @throws PageTokenExpiredError if Mollie no longer has the row at which the page begins
   */
  private requestPage(path: string, property: string, request: PageRequest) {
    const query = { limit: this.settings.pageSize, ...request.query, ...this.testmode };
    const page = { ...request, query, property, parameter: 'from', idProperty: 'id' };
    return requestHalPage(this.http, path, page);
  }

  /** The parameter for test data. An organisation token reads live data unless a request contains this parameter. */
  private get testmode(): { testmode?: true } {
    return this.settings.testmode ? { testmode: true } : {};
  }
}
