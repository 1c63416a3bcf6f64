/** The part of GoCardless' API that the plugin uses: paths, queries and bodies. Lists are newest first, with cursors. */
import { Injectable } from '@nestjs/common';
import { formatTime, PspError, type FeedReader } from '@tributary/connector-api';
import { PspHttp, PspResponseError, signRequest } from '@tributary/connector-api/http';
import type { Json, JsonBody, PreparedRequest, QueryParameters } from '@tributary/connector-api/http';
import { readAllRows, readCursorPage, readPages } from '@tributary/connector-api/listing';
import type { ListingContext, TimeWindowQuery, TokenPage } from '@tributary/connector-api/listing';
import { GocardlessSettings } from './gocardless.config.js';
import { EVENT_LINKS } from './gocardless.vocabulary.js';
import type { TransactionResource } from './gocardless.vocabulary.js';

/** The object with the cursors of a list. Its `after` is null on the last page. */
const CURSORS = { path: ['meta', 'cursors'], next: 'after' } as const;
const DAY_LENGTH = '2026-01-31'.length;
/** The status of a request for the items of a payout that is older than six months. */
const GONE = 410;

/** What the functions of this plugin need. */
export interface GocardlessContext extends ListingContext {
  client: GocardlessClient;
  settings: GocardlessSettings;
  feedReader: FeedReader;
}

/** How a page is requested. The token is the id of the last row of the page before. */
interface PageRequest {
  query?: QueryParameters;
  token?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** A page of events, and the objects that they name, as they are now. */
export interface EventPage extends TokenPage<Json> {
  linked: Json[];
}

@Injectable()
export class GocardlessClient {
  constructor(
    private readonly http: PspHttp,
    private readonly settings: GocardlessSettings,
  ) {}

  /** Returns one object: `GET /payments/{id}`. */
  async find(resource: string, id: string, signal?: AbortSignal): Promise<Json | undefined> {
    const found = await this.http.find(`/${resource}/{id}`, { params: { id }, signal });
    if (found === undefined || found.has(resource)) return found?.at(resource);
    throw new PspError('unavailable', `GoCardless: the response for ${id} contains no ${resource}`);
  }

  /** Returns a page of a list: `GET /payments`. */
  async list(resource: string, request: PageRequest): Promise<TokenPage<Json>> {
    return readCursorPage(await this.request(`/${resource}`, request), resource, CURSORS);
  }

  /** Returns a page of the rows that were created in a window of time. */
  listCreated(resource: string, { from, to, token }: TimeWindowQuery, request: PageRequest) {
    const times =
      resource === 'outbound_payments'
        ? { created_from: formatTime(from), created_to: formatTime(to) }
        : { 'created_at[gte]': formatTime(from), 'created_at[lt]': formatTime(to) };
    return this.list(resource, { ...request, token, query: { ...times, ...request.query } });
  }

  /** Returns a page of the events of one kind of object, with these objects. */
  async listEvents(
    resource: TransactionResource,
    { from, to, token }: TimeWindowQuery,
    signal: AbortSignal,
  ): Promise<EventPage> {
    const query = {
      ...{ resource_type: resource, include: EVENT_LINKS[resource] },
      ...{ 'created_at[gte]': formatTime(from), 'created_at[lt]': formatTime(to) },
    };
    const response = await this.request('/events', { query, token, signal });
    const linked = response.at('linked', resource);
    return {
      ...readCursorPage(response, 'events', CURSORS),
      linked: linked.toJsonString().startsWith('[') ? linked.array() : [],
    };
  }

  /** Returns a page of the journal of a payment account. GoCardless filters it by days, both inclusive. */
  async listAccountTransactions(
    id: string,
    { from, to, token }: TimeWindowQuery,
    signal: AbortSignal,
  ): Promise<TokenPage<Json>> {
    const [first, last] = [from, to - 1].map((time) => formatTime(time).slice(0, DAY_LENGTH));
    const query = { value_date_from: first, value_date_to: last };
    const path = '/payment_accounts/{id}/transactions';
    const response = await this.request(path, { query, token, signal }, { id });
    return readCursorPage(response, 'payment_account_transactions', CURSORS);
  }

  /** Returns the items of a payout; `undefined` if it is so old that GoCardless no longer lists them. */
  async listPayoutItems(payout: string, signal?: AbortSignal): Promise<Json[] | undefined> {
    const fetchPage = (token: string | undefined) =>
      this.list('payout_items', { query: { payout }, token, signal });
    const items: Json[] = [];
    try {
      for await (const rows of readPages(fetchPage)) items.push(...rows);
    } catch (error) {
      if (error instanceof PspResponseError && error.status === GONE) return undefined;
      throw error;
    }
    return items;
  }

  /** Returns all rows of a short list. */
  listAll(resource: string, query: QueryParameters = {}, signal?: AbortSignal): Promise<Json[]> {
    const fetchPage = (token: string | undefined) => this.list(resource, { query, token, signal });
    return readAllRows(fetchPage, (row) => row.scalar('id') ?? row.toJsonString());
  }

  /** Creates an outbound payment. The request is signed, as GoCardless requires of requests that pay. */
  async createOutboundPayment(body: JsonBody, idempotencyKey: string): Promise<Json> {
    const response = await this.http.post('/outbound_payments', {
      body: { outbound_payments: body },
      headers: { 'idempotency-key': idempotencyKey },
      sign: (request) => this.signRequest(request),
    });
    return response.at('outbound_payments');
  }

  private request(
    path: string,
    { query, token, signal }: PageRequest,
    params: Readonly<Record<string, string>> = {},
  ) {
    const page = { limit: this.settings.pageSize, after: token };
    return this.http.get(path, { params, query: { ...query, ...page }, signal });
  }

  /** Signs a request as GoCardless' guide "API request signing" and its official library for Node do. */
  private signRequest(request: PreparedRequest): Readonly<Record<string, string>> {
    const { signingKey: privateKey = '', signingKeyId: keyId = '' } = this.settings;
    const options = { privateKey, keyId, algorithm: 'sha512', now: this.http.clock.now() } as const;
    const { contentDigest, signatureInput, signature } = signRequest(request, options);
    return {
      'content-digest': contentDigest,
      'gc-signature-input': signatureInput,
      'gc-signature': signature,
    };
  }
}
