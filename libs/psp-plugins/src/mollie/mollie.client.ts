/** The part of Mollie's API that the plugin uses. Lists are newest first. `from` is the id of the first row of the response, inclusive. */
import { Injectable } from '@nestjs/common';
import { readText } from '@tributary/connector-api';
import { isAccessDenied, PspHttp, PspResponseError } from '@tributary/connector-api/http';
import type { Json, JsonBody, Query } from '@tributary/connector-api/http';
import { PageTokenExpiredError, readHalPage, readPages } from '@tributary/connector-api/listing';
import type { TokenPage } from '@tributary/connector-api/listing';
import { MollieSettings } from './mollie.config.js';
import type { AccountResource } from './mollie.types.js';

/** The paths of the resources, and the names of their lists in a response. */
const RESOURCES = {
  /** Needs balances.read. */
  balances: { path: '/v2/balances', list: 'balances', journal: 'balance_transactions' },
  /** Needs business-accounts.read. */
  businessAccounts: {
    path: '/v2/business-accounts/accounts',
    list: 'businessAccounts',
    journal: 'transactions',
  },
  /** Needs payouts.read and payouts.write. */
  payouts: { path: '/v2/payouts', list: 'payouts' },
  /** Needs business-account-draft-transfers.read and business-account-draft-transfers.write. */
  draftTransfers: { path: '/v2/business-accounts/draft-transfers', list: 'draft_transfers' },
} as const;

interface PageRequest {
  /** The id at which the page begins; absent for the newest page. */
  from?: string | undefined;
  query?: Query;
  signal?: AbortSignal;
}

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
   * @param idempotencyKey Mollie sends its first response again for a repeat with the same key
   */
  create(
    resource: 'payouts' | 'draftTransfers',
    body: Readonly<Record<string, JsonBody | undefined>>,
    idempotencyKey: string,
  ): Promise<Json> {
    const headers = { 'idempotency-key': idempotencyKey };
    return this.http.post(RESOURCES[resource].path, { body: { ...body, ...this.testmode }, headers });
  }

  /** Returns all balances, or all business accounts: none of these when the settings exclude them. */
  async listAccounts(resource: AccountResource): Promise<Json[]> {
    const { businessAccounts } = this.settings;
    const rows = new Map<string, Json>();
    if (resource === 'businessAccounts' && businessAccounts === 'off') return [];
    try {
      for await (const page of readPages((from) => this.list(resource, { from })))
        for (const row of page) rows.set(readText(row, 'id') ?? row.toJsonString(), row);
    } catch (error) {
      const isOptional = resource === 'businessAccounts' && businessAccounts === 'where-allowed';
      if (!isOptional || !isAccessDenied(error)) throw error;
      return [];
    }
    return [...rows.values()];
  }

  /** Returns a page of a list: `GET /v2/payouts`. */
  list(resource: keyof typeof RESOURCES, request: PageRequest): Promise<TokenPage<Json>> {
    const { path, list } = RESOURCES[resource];
    return this.getPage(path, list, request);
  }

  /** Returns a page of the journal of an account: `GET /v2/balances/{id}/transactions`. */
  listJournal(resource: AccountResource, id: string, request: PageRequest): Promise<TokenPage<Json>> {
    const { path, journal } = RESOURCES[resource];
    const query = resource === 'businessAccounts' ? { sort: 'desc' } : {};
    return this.getPage(`${path}/{id}/transactions`, journal, { ...request, query }, id);
  }

  /** @throws PageTokenExpiredError when Mollie no longer has the row at which the page begins */
  private async getPage(
    path: string,
    property: string,
    { from, query, signal }: PageRequest,
    id = '',
  ): Promise<TokenPage<Json>> {
    const whole = { limit: this.settings.pageSize, from, ...query, ...this.testmode };
    const response = await this.http
      .get(path, { params: { id }, query: whole, signal })
      .catch((error: unknown) => throwExpired(error, from));
    const page = readHalPage(response, property, 'from');
    // Without links, only a page with nothing but the known row is the end.
    const last = response.has('_links') ? undefined : page.rows.at(-1)?.optionalString('id');
    return last === undefined || last === from ? page : { ...page, next: last };
  }

  /** An organisation token reads live data unless each request asks for test data. */
  private get testmode(): { testmode?: true } {
    return this.settings.testmode ? { testmode: true } : {};
  }
}

function throwExpired(error: unknown, from: string | undefined): never {
  const isRejected = error instanceof PspResponseError && error.kind === 'rejected';
  if (from === undefined || !isRejected || ![400, 404].includes(error.status)) throw error;
  throw new PageTokenExpiredError(error.message, { cause: error });
}
